#include "sandbox/idempotency.h"

#include "base/check.h"

namespace florin::sandbox {

IdempotencyKeys::Found IdempotencyKeys::begin(const std::string& key, std::string_view path,
                                              std::uint64_t fingerprint, std::int64_t now_us) {
    forget_old(now_us);
    const auto [at, inserted] = entries_.try_emplace(key);
    Entry& entry = at->second;
    if (inserted) {
        entry.fingerprint = fingerprint;
        entry.path = path;
        entry.born_us = now_us;
        by_age_.emplace_back(now_us, key);
        return {};
    }
    Found found;
    found.first_path = entry.path;
    if (entry.path != path) {
        found.verdict = Verdict::other_endpoint;
    } else if (entry.fingerprint != fingerprint) {
        found.verdict = Verdict::other_params;
    } else if (entry.running) {
        found.verdict = Verdict::in_use;
    } else {
        found.verdict = Verdict::replay;
        found.reply = entry.reply;
    }
    return found;
}

void IdempotencyKeys::finish(const std::string& key, Reply reply) {
    const auto at = entries_.find(key);
    check(at != entries_.end() && at->second.running, "a key is finished once, after begin");
    at->second.reply = std::move(reply);
    at->second.running = false;
}

void IdempotencyKeys::release(const std::string& key) {
    const auto at = entries_.find(key);
    check(at != entries_.end() && at->second.running, "only a running key is released");
    entries_.erase(at);  // Its line in by_age_ stays; forget_old() sees that it is not the same.
}

void IdempotencyKeys::forget_old(std::int64_t now_us) {
    while (!by_age_.empty() && by_age_.front().first + kLifeUs <= now_us) {
        const auto& [born_us, key] = by_age_.front();
        const auto at = entries_.find(key);
        if (at != entries_.end() && at->second.born_us == born_us && !at->second.running)
            entries_.erase(at);
        by_age_.pop_front();
    }
}

}  // namespace florin::sandbox
