#pragma once

// Idempotency keys as Stripe's API v1 has them: the first executed answer is kept for 24 hours, 402
// and 500 included, and given again to the same request. Time is an argument.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace florin::sandbox {

// An answer of the provider. The body is shared by the key, the event and the wire.
struct Reply {
    int status = 200;
    std::shared_ptr<const std::string> body;
    bool executed = true;  // False: refused before anything was done, so nothing is to be kept.
};

class IdempotencyKeys {
public:
    static constexpr std::int64_t kLifeUs = 24LL * 3600 * 1'000'000;
    static constexpr std::size_t kKeyBytesMax = 255;

    enum class Verdict {
        fresh,          // Nobody used it: it is in use from now on, until finish() or release().
        replay,         // Done before: `reply` is the answer.
        in_use,         // The first request is still running.
        other_params,   // Used before with other parameters,
        other_endpoint  // or at another address.
    };
    struct Found {
        Verdict verdict = Verdict::fresh;
        Reply reply = {};
        std::string first_path = {};
    };

    Found begin(const std::string& key, std::string_view path, std::uint64_t fingerprint,
                std::int64_t now_us);
    void finish(const std::string& key, Reply reply);
    void release(const std::string& key);
    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        std::uint64_t fingerprint = 0;
        std::string path;
        Reply reply;
        bool running = true;
        std::int64_t born_us = 0;
    };
    void forget_old(std::int64_t now_us);

    std::unordered_map<std::string, Entry> entries_;
    std::deque<std::pair<std::int64_t, std::string>> by_age_;  // First use, key.
};

}  // namespace florin::sandbox
