#pragma once

// The shared buckets of one process: leases tokens from the database for whoever asks, many leases
// in one round trip, and keeps what it leased in memory. When the database is away for longer than
// kPatience, the process goes on alone with a part of each limit (rules.h).

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "limits/rules.h"
#include "platform/pg/pool.h"

namespace florin::limits {

struct BucketCounts {
    std::uint64_t leases = 0;  // Asked of the database.
    std::uint64_t lost = 0;    // Not answered.
};

class Buckets {
public:
    // `pool` should be for this alone, so that a limit never waits behind a slow query.
    Buckets(asio::io_context& io, pg::Pool& pool) : pool_(pool), wake_(io), io_(io) {}

    // Leases and prunes until it is cancelled. Nothing passes a limit before it runs.
    Task<> run();

    // One request of `subject` wants to pass: pass or refuse, after at most kPatience and a lease.
    Task<Verdict> take(std::string subject, Limit limit);
    // The request that passed costs more than one.
    void charge(const std::string& subject, const Limit& limit, std::int64_t cost);

    // Removes the shared buckets that were full at that time.
    Task<> prune(Instant full_before);

    BucketCounts counts() const { return counts_; }
    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        Entry(asio::io_context& io, Limit l) : limit(l), answered(io) {}
        Limit limit;
        Share share;
        asio::steady_timer answered;  // Wakes all who wait, at the latest after kPatience.
    };
    struct Ask {
        std::string subject;
        std::int64_t wanted;
    };
    static constexpr std::size_t kEntriesMax = 50'000;
    static constexpr std::chrono::seconds kForgetPeriod{1};  // At most so often: it looks at all.

    Entry& entry_of(const std::string& subject, const Limit& limit);
    bool is_too_much(const std::string& subject);
    Task<> lease(std::vector<Ask> asks);
    void answer(const std::string& subject, const Grant* grant);
    void tell_lost(const std::string& why);
    void forget_idle();

    pg::Pool& pool_;
    asio::steady_timer wake_;
    asio::io_context& io_;
    std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
    std::vector<Ask> asks_;
    Deadline forgot_at_{};
    bool lost_ = false;  // The last lease was not answered.
    BucketCounts counts_;
};

}  // namespace florin::limits
