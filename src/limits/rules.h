#pragma once

// Decisions about too much: who may pass, who waits, who is refused. Values in, values out; the
// clock is a parameter.
//
// A limit that all processes share is a token bucket in the database. A process leases tokens from
// it in chunks and spends them from memory. A leased token is void after Terms::hold, and what may
// be held that way is taken off the shared burst; so the requests that all processes together
// accept in any span of w seconds are at most burst + w * per_second.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace florin::limits {

struct Limit {
    std::string_view policy;      // Its name in the RateLimit fields; a constant.
    std::int64_t per_second = 0;  // 0 = no limit.
    std::int64_t burst = 1;       // At least 1.

    bool is_on() const { return per_second > 0; }
};

// What a limit means for its shared bucket.
struct Terms {
    std::chrono::nanoseconds interval;  // Between two tokens; rounded up.
    std::int64_t shared_burst;          // The size of the shared bucket.
    std::chrono::nanoseconds hold;      // How long a leased token may be spent.
    std::int64_t chunk_max;             // So that others find some, too.
};
Terms terms_of(const Limit& limit);

// What was drawn from a bucket.
struct Grant {
    std::int64_t granted = 0;
    std::int64_t left = 0;
    std::chrono::nanoseconds wait{0};  // Until there is one again.
};

// The same arithmetic as florin.take_tokens, on a bucket in memory. `full_at`: when it is full.
Grant draw(Deadline& full_at, Deadline now, std::chrono::nanoseconds interval, std::int64_t burst,
           std::int64_t wanted);

// How long an answer of the database is awaited, and how long a process then goes alone.
inline constexpr std::chrono::milliseconds kPatience{250};
inline constexpr std::chrono::milliseconds kAlone{1000};
// Alone, a process gives this part of the limit: so many processes together stay within it.
inline constexpr std::int64_t kAlonePart = 4;

// What one process holds of one shared bucket.
struct Share {
    std::int64_t tokens = 0;   // Leased and not spent; below 0 = owed.
    std::int64_t spent = 0;    // Since the last lease.
    std::int64_t left = 0;     // In the shared bucket, when it was seen last.
    std::int64_t chunk = 1;    // What the last lease asked for.
    std::int64_t waiting = 0;  // Requests that wait for a lease.
    bool asking = false;
    Deadline asked_at{}, spend_by{}, refused_until{}, alone_until{};
    Deadline alone_full_at{};  // The bucket of a process that goes alone.
};

enum class Step { pass, refuse, wait };

struct Verdict {
    Step step = Step::pass;
    std::int64_t ask = 0;        // Lease so many now; 0 = nothing to ask.
    std::int64_t remaining = 0;  // What may still be asked for, as far as this process knows.
    std::chrono::nanoseconds retry_after{0};  // Of a refusal.
};

// One request wants to pass. `ask` > 0 has been noted as asked: the caller must ask, and then call
// note_grant or note_loss.
Verdict judge(Share& share, const Limit& limit, Deadline now);
void note_grant(Share& share, const Limit& limit, const Grant& grant, Deadline now);
// The database did not answer.
void note_loss(Share& share, Deadline now);
// Afterwards it turned out that a request costs more. At most the whole shared bucket is owed.
void charge(Share& share, const Limit& limit, std::int64_t cost);
// Nothing would be lost by forgetting it.
bool is_idle(const Share& share, const Limit& limit, Deadline now);

// Seconds as the HTTP fields want them: rounded up, at least 1.
std::int64_t whole_seconds(std::chrono::nanoseconds time);
// `"write";q=100;w=2`: so many requests in so many seconds.
std::string policy_field(const Limit& limit);
// `"write";r=37;t=1`: so many more may follow within t seconds.
std::string state_field(const Limit& limit, const Verdict& verdict);

// Rooms of a process: what one kind of work may occupy, so that it cannot take the others' place.
enum class Room { writes, reads, webhooks, open };  // Open: health and the like, never refused.

struct Rooms {
    std::size_t writes = 0, reads = 0, webhooks = 0;  // Requests at once; 0 = no limit.
    std::size_t line =
        0;  // Writes are refused while more commands wait for the database; 0 = no limit.
};

struct Load {
    std::array<std::size_t, 4> busy{};  // By Room.
    std::size_t line = 0;
};

bool has_room(const Rooms& rooms, const Load& load, Room room);

}  // namespace florin::limits
