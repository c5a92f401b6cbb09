#include "limits/rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace florin::limits {
namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t kSecond = 1'000'000'000;
// A lease has to reach those who wait for it, even where the burst has no room to hold any.
constexpr nanoseconds kHoldMin = std::chrono::milliseconds(50);
constexpr std::int64_t kChunkPart = 8;

// The database is away: a small bucket of our own.
Verdict judge_alone(Share& share, const Limit& limit, Deadline now) {
    const auto interval = terms_of(limit).interval * kAlonePart;
    const auto burst = std::max<std::int64_t>(1, limit.burst / kAlonePart);
    const auto grant = draw(share.alone_full_at, now, interval, burst, 1);
    if (grant.granted == 1) return {Step::pass, 0, grant.left, {}};
    return {Step::refuse, 0, 0, grant.wait};
}

}  // namespace

Terms terms_of(const Limit& limit) {
    const auto interval = (kSecond + limit.per_second - 1) / limit.per_second;
    const auto lent = std::min(limit.per_second, limit.burst / 2);
    const auto shared = limit.burst - lent;
    return {nanoseconds(interval), shared, std::max(nanoseconds(lent * interval), kHoldMin),
            std::max<std::int64_t>(1, shared / kChunkPart)};
}

Grant draw(Deadline& full_at, Deadline now, nanoseconds interval, std::int64_t burst,
           std::int64_t wanted) {
    full_at = std::max(full_at, now);
    const auto there = std::max<std::int64_t>(0, (now + burst * interval - full_at) / interval);
    const auto granted = std::min(wanted, there);
    full_at += granted * interval;
    const nanoseconds wait = full_at + interval - now - burst * interval;
    return {granted, there - granted, std::max(wait, nanoseconds(0))};
}

Verdict judge(Share& share, const Limit& limit, Deadline now) {
    const auto terms = terms_of(limit);
    if (now > share.spend_by) share.tokens = std::min<std::int64_t>(share.tokens, 0);
    if (share.tokens > 0) {
        --share.tokens;
        ++share.spent;
        return {Step::pass, 0, std::min(limit.burst, share.tokens + share.left), {}};
    }
    if (now < share.alone_until) return judge_alone(share, limit, now);
    if (now < share.refused_until) return {Step::refuse, 0, 0, share.refused_until - now};
    if (share.asking && now >= share.asked_at + kPatience) {
        share.alone_until = now + kAlone;
        return judge_alone(share, limit, now);
    }
    if (share.asking) return {Step::wait, 0, 0, {}};
    // All were used in time: more may be needed. Some were not: as many as were.
    const auto next = now <= share.spend_by ? share.chunk * 2 : share.spent;
    share.chunk = std::clamp<std::int64_t>(next, 1, terms.chunk_max);
    share.spent = 0;
    share.asking = true;
    share.asked_at = now;
    const auto ask = std::max(share.chunk, std::min(share.waiting + 1, terms.chunk_max));
    return {Step::wait, std::min(ask - share.tokens, terms.shared_burst), 0, {}};
}

void note_grant(Share& share, const Limit& limit, const Grant& grant, Deadline now) {
    const auto terms = terms_of(limit);
    share.asking = false;
    share.alone_until = {};
    share.tokens += grant.granted;
    share.left = grant.left;
    share.spend_by = share.asked_at + terms.hold;
    const auto owed = std::max<std::int64_t>(0, -share.tokens);
    share.refused_until = now + grant.wait + owed * terms.interval;
}

void note_loss(Share& share, Deadline now) {
    share.asking = false;
    share.alone_until = now + kAlone;
}

void charge(Share& share, const Limit& limit, std::int64_t cost) {
    share.tokens = std::max(share.tokens - cost, -terms_of(limit).shared_burst);
}

bool is_idle(const Share& share, const Limit& limit, Deadline now) {
    // A debt is forgotten when the bucket would have paid it by itself.
    const auto owed = std::max<std::int64_t>(0, -share.tokens) * terms_of(limit).interval;
    return !share.asking && share.waiting == 0 && now > share.spend_by + owed &&
           now > share.refused_until && now > share.alone_until && now > share.alone_full_at;
}

std::int64_t whole_seconds(nanoseconds time) {
    return std::max<std::int64_t>(1, (time.count() + kSecond - 1) / kSecond);
}

std::string policy_field(const Limit& limit) {
    const auto window = (limit.burst + limit.per_second - 1) / limit.per_second;
    return fmt::format("\"{}\";q={};w={}", limit.policy, limit.burst, window);
}

std::string state_field(const Limit& limit, const Verdict& verdict) {
    return fmt::format("\"{}\";r={};t={}", limit.policy, verdict.remaining,
                       whole_seconds(verdict.retry_after));
}

bool has_room(const Rooms& rooms, const Load& load, Room room) {
    const auto fits = [&](std::size_t most) {
        return most == 0 || load.busy[static_cast<std::size_t>(room)] < most;
    };
    switch (room) {
        case Room::writes:
            return fits(rooms.writes) && (rooms.line == 0 || load.line <= rooms.line);
        case Room::reads:
            return fits(rooms.reads);
        case Room::webhooks:
            return fits(rooms.webhooks);
        case Room::open:
            return true;
    }
    return true;
}

}  // namespace florin::limits
