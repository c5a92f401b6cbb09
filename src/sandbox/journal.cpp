#include "sandbox/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <simdjson.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/json.h"
#include "base/log.h"

namespace florin::sandbox {
namespace {

// Raised when the same commands come to make other objects or ids.
constexpr int kVersion = 3;

[[noreturn]] void give_up(const std::string& path, std::string_view what) {
    throw std::runtime_error(fmt::format("journal {}: {}", path, what));
}

void write_whole(int file, std::string_view text, const std::string& path) {
    while (!text.empty()) {
        const auto written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) give_up(path, std::strerror(errno));
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string read_whole(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string text_of(simdjson::dom::element line, std::string_view name) {
    std::string_view text;
    return line[name].get(text) ? std::string() : std::string(text);
}

}  // namespace

std::string journal_line(const Command& command) {
    json::Writer out;
    out.begin_object().field("at", command.at_us).field("request", command.request_id);
    out.field("path", command.path).field("form", command.form).field_if("key", command.key);
    out.field_if("account", command.account);
    if (command.answer_500) out.field("answer_500", true);
    out.end_object();
    return std::move(out).text() + "\n";
}

Journal::Journal(const std::string& folder, std::uint64_t salt_if_new)
    : path_(folder + "/journal.jsonl"), salt_(salt_if_new) {
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) give_up(path_, "cannot make the folder: " + failed.message());
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file_ < 0) give_up(path_, std::strerror(errno));
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
        ::close(file_);
        give_up(path_, "another florin-sandbox uses it; stop that one or take another --data");
    }
    unread_ = read_whole(path_);
    const auto end = unread_.rfind('\n');
    const auto whole = end == std::string::npos ? 0 : end + 1;
    if (whole < unread_.size()) {
        log::warn("journal.torn_line_cut", {{"bytes", std::to_string(unread_.size() - whole)}});
        unread_.resize(whole);
        if (::ftruncate(file_, static_cast<off_t>(whole)) != 0)
            give_up(path_, std::strerror(errno));
    }
    if (unread_.empty()) start_new();
    read_head();
}

Journal::~Journal() {
    if (file_ >= 0) ::close(file_);
}

void Journal::start_new() {
    unread_ = fmt::format("{{\"florin_sandbox\":{},\"salt\":\"{:016x}\"}}\n", kVersion, salt_);
    write_whole(file_, unread_, path_);
}

void Journal::read_head() {
    simdjson::dom::parser parser;
    simdjson::dom::element head;
    std::int64_t version = 0;
    const auto line = unread_.substr(0, unread_.find('\n'));
    if (parser.parse(line).get(head) || head["florin_sandbox"].get(version) || version != kVersion)
        give_up(path_, "this is not a journal of this version; take another --data");
    salt_ = std::stoull(text_of(head, "salt"), nullptr, 16);
    unread_.erase(0, line.size() + 1);
}

std::size_t Journal::replay(const std::function<void(const Command&)>& execute) {
    simdjson::dom::parser parser;
    const std::string text = std::move(unread_);
    unread_.clear();
    std::size_t commands = 0;
    for (std::string_view left = text; !left.empty(); ++commands) {
        const auto line = left.substr(0, left.find('\n'));
        left.remove_prefix(line.size() + 1);
        simdjson::dom::element found;
        Command command;
        if (parser.parse(line.data(), line.size()).get(found) || found["at"].get(command.at_us))
            give_up(path_, fmt::format("line {} is not a command; restore or remove the file",
                                       commands + 2));
        command.request_id = text_of(found, "request");
        command.path = text_of(found, "path");
        command.form = text_of(found, "form");
        command.key = text_of(found, "key");
        command.account = text_of(found, "account");
        command.answer_500 = !found["answer_500"].error();
        execute(command);
    }
    return commands;
}

void Journal::append(const Command& command) {
    write_whole(file_, journal_line(command), path_);
}

}  // namespace florin::sandbox
