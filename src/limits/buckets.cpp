#include "limits/buckets.h"

#include <boost/asio/redirect_error.hpp>

#include <algorithm>

#include "base/log.h"
#include "domain/ids.h"
#include "limits/sql.h"

namespace florin::limits {
namespace {

constexpr std::chrono::seconds kPrunePeriod{60};
constexpr std::size_t kLeasesAtOnce = 128;

std::int64_t since_1970(Instant instant) {
    return std::chrono::nanoseconds(instant.time_since_epoch()).count();
}

}  // namespace

Buckets::Entry& Buckets::entry_of(const std::string& subject, const Limit& limit) {
    auto found = entries_.find(subject);
    if (found == entries_.end())
        found = entries_.emplace(subject, std::make_unique<Entry>(io_, limit)).first;
    return *found->second;
}

// Somebody makes up subjects faster than they are forgotten.
bool Buckets::is_too_much(const std::string& subject) {
    if (entries_.size() < kEntriesMax || entries_.contains(subject)) return false;
    if (monotonic_now() >= forgot_at_ + kForgetPeriod) forget_idle();
    return entries_.size() >= kEntriesMax;
}

Task<Verdict> Buckets::take(std::string subject, Limit limit) {
    if (!limit.is_on()) co_return Verdict{};
    if (is_too_much(subject)) subject = "others:" + std::string(limit.policy);
    while (true) {
        auto& entry = entry_of(subject, limit);
        const auto verdict = judge(entry.share, limit, monotonic_now());
        if (verdict.ask > 0) {
            asks_.push_back({subject, verdict.ask});
            entry.answered.expires_after(kPatience);
            wake_.cancel();
        }
        if (verdict.step != Step::wait) co_return verdict;
        struct Waiting {
            std::int64_t& count;
            explicit Waiting(std::int64_t& waiting) : count(waiting) { ++count; }
            ~Waiting() { --count; }
        } waiting{entry.share.waiting};
        boost::system::error_code woken;
        co_await entry.answered.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
}

void Buckets::charge(const std::string& subject, const Limit& limit, std::int64_t cost) {
    const auto found = entries_.find(subject);
    if (found != entries_.end()) limits::charge(found->second->share, limit, cost);
}

Task<> Buckets::run() {
    auto next_prune = monotonic_now() + kPrunePeriod;
    while (true) {
        if (asks_.empty()) {
            wake_.expires_at(next_prune);
            boost::system::error_code woken;
            co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
        const auto count = std::min(asks_.size(), kLeasesAtOnce);
        std::vector<Ask> now_asked(
            std::make_move_iterator(asks_.begin()),
            std::make_move_iterator(asks_.begin() + static_cast<std::ptrdiff_t>(count)));
        asks_.erase(asks_.begin(), asks_.begin() + static_cast<std::ptrdiff_t>(count));
        if (!now_asked.empty()) co_await lease(std::move(now_asked));
        if (monotonic_now() < next_prune) continue;
        next_prune = monotonic_now() + kPrunePeriod;
        forget_idle();
        co_await prune(now() - kPrunePeriod);
    }
}

// One transaction for all of them, in one order, so that two processes cannot lock each other out.
Task<> Buckets::lease(std::vector<Ask> asks) {
    std::ranges::sort(asks, {}, &Ask::subject);
    counts_.leases += asks.size();
    std::vector<pg::Call> calls;
    calls.push_back({sql::do_not_wait_for_disk, {}});
    for (const auto& ask : asks) {
        const auto terms = terms_of(entries_.at(ask.subject)->limit);
        pg::Params params;
        params.add(static_cast<std::int16_t>(slot_of({}, ask.subject)));
        params.add(ask.subject).add(terms.interval.count());
        params.add(terms.shared_burst).add(ask.wanted);
        calls.push_back({sql::take_tokens, std::move(params)});
    }
    std::vector<pg::Rows> rows;
    std::string why;
    try {
        rows = co_await pool_.run(std::move(calls));
    } catch (const pg::Lost& e) {
        why = e.what();
    } catch (const pg::SqlError& e) {
        why = e.what();
    }
    if (!why.empty()) counts_.lost += asks.size();
    tell_lost(why);
    for (std::size_t i = 0; i < asks.size(); ++i) {
        if (rows.empty()) {
            answer(asks[i].subject, nullptr);
            continue;
        }
        const auto told = rows[i + 1].int64s(0, 0);
        const Grant grant{told.at(0), told.at(1), std::chrono::nanoseconds(told.at(2))};
        answer(asks[i].subject, &grant);
    }
}

// Once for each time that it goes away or comes back.
void Buckets::tell_lost(const std::string& why) {
    if (lost_ == !why.empty()) return;
    lost_ = !why.empty();
    if (lost_) log::warn("limits.alone", {{"why", why}});
    if (!lost_) log::info("limits.together", {});
}

void Buckets::answer(const std::string& subject, const Grant* grant) {
    auto& entry = *entries_.at(subject);
    const auto now = monotonic_now();
    if (grant) {
        note_grant(entry.share, entry.limit, *grant, now);
    } else {
        note_loss(entry.share, now);
    }
    entry.answered.cancel();
}

void Buckets::forget_idle() {
    forgot_at_ = monotonic_now();
    std::erase_if(entries_, [&](const auto& entry) {
        return is_idle(entry.second->share, entry.second->limit, forgot_at_);
    });
}

Task<> Buckets::prune(Instant full_before) {
    try {
        pg::Params params;
        params.add(since_1970(full_before));
        co_await pool_.query(sql::prune, std::move(params));
    } catch (const std::exception& e) {
        log::warn("limits.not_pruned", {{"why", e.what()}});
    }
}

}  // namespace florin::limits
