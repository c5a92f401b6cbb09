#pragma once

// For the tests: a sandbox without HTTP, its answers by JSON pointer, and a folder for a journal.

#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "sandbox/files.h"
#include "sandbox/render.h"
#include "sandbox/sandbox.h"

namespace florin::sandbox {

inline constexpr std::int64_t kStart = 1'700'000'000'000'000;

struct Answer {
    int status = 0;
    std::string body;
    bool replayed = false;

    // A text or number by JSON pointer, "/error/code"; "null" for null, "" when absent.
    std::string at(std::string_view pointer) const {
        simdjson::dom::parser parser;
        simdjson::dom::element found;
        if (parser.parse(body).at_pointer(pointer).get(found)) return "";
        if (found.is_string()) return std::string(std::string_view(found));
        return simdjson::to_string(found);
    }
};

class Bench {
public:
    explicit Bench(const std::optional<std::string>& folder = {}) : sandbox(folder, 7) {
        sandbox.provider().set_base_url("http://sandbox");
        restored = sandbox.restore();
        sandbox.provider().on_event = [this](const Event& event) {
            events.push_back(event.facts.type);
        };
    }

    Answer post(const std::string& path, const std::string& form, const std::string& key = "",
                bool answer_500 = false, const std::string& account = "") {
        Command command;
        command.at_us = now_us += 1'000'000;
        command.request_id = "req_test";
        command.path = path;
        command.form = form;
        command.key = key;
        command.account = account;
        command.answer_500 = answer_500;
        const auto params = Params::parse(form).value();
        if (const auto early = sandbox.begin(command, params))
            return {early->reply.status, *early->reply.body, early->replayed};
        const auto reply = sandbox.execute(command, params);
        return {reply.status, *reply.body};
    }
    // As multipart, with another boundary each time.
    Answer upload(const std::string& content, const std::string& filename = "receipt.pdf",
                  const std::string& key = "", const std::string& purpose = "dispute_evidence") {
        const auto fence = "--b" + std::to_string(now_us);
        const auto body = fence + "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n" +
                          purpose + "\r\n" + fence +
                          "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" +
                          filename + "\"\r\nContent-Type: application/pdf\r\n\r\n" + content +
                          "\r\n" + fence + "--\r\n";
        const auto type = "multipart/form-data; boundary=" + fence.substr(2);
        return post(std::string(kFilesPath), upload_form(type, body).value(), key);
    }
    Answer get(const std::string& path, const std::string& query = "",
               const std::string& account = "") {
        const auto reply =
            sandbox.provider().get(path, Params::parse(query).value(), now_us, account);
        return {reply.status, *reply.body};
    }
    // The line of the truth log.
    Answer truth(const std::string& charge) {
        const auto& store = sandbox.provider().store();
        return {200, render_truth(store, store.charges[store.find("ch_", charge)])};
    }
    Answer pay(const std::string& method, const std::string& more = "") {
        return post("/v1/payment_intents",
                    "amount=1000&currency=eur&confirm=true&payment_method=" + method + more);
    }

    // The events since the last call.
    std::vector<std::string> told() { return std::exchange(events, {}); }

    std::int64_t now_us = kStart;
    std::vector<std::string> events;
    Sandbox sandbox;
    std::size_t restored = 0;
};

inline std::string intent_path(const Answer& answer) {
    return "/v1/payment_intents/" + answer.at("/id");
}

class JournalFolder : public testing::Test {
protected:
    void SetUp() override {
        path = std::filesystem::temp_directory_path() /
               ("florin_sandbox_test_" + std::to_string(random_u64()));
    }
    void TearDown() override { std::filesystem::remove_all(path); }
    std::string folder() const { return path.string(); }
    std::string file() const { return (path / "journal.jsonl").string(); }

    std::filesystem::path path;
};

}  // namespace florin::sandbox
