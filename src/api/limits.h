#pragma once

// The gate's limits: room for each kind of work, a rate for each address that cannot prove who it
// is, and one for each API key. What decides is limits/rules.h.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "accounts/keys.h"
#include "base/result.h"
#include "limits/buckets.h"
#include "platform/http/address.h"
#include "platform/http/message.h"
#include "platform/metrics/metrics.h"

namespace florin::api {

struct LimitOptions {
    limits::Limit writes, reads;  // Of a key.
    limits::Limit strangers;      // Of an address: requests without a key that we know.
    limits::Rooms rooms;
    std::vector<http::Network> trusted_proxies;
};

// What a wrong key costs an address; a missing one costs 1.
inline constexpr std::int64_t kWrongKeyCost = 10;

// One request's place; lives until it is answered.
class Ticket {
public:
    Ticket() = default;
    ~Ticket() {
        if (place_) --*place_;
    }
    Ticket(const Ticket&) = delete;

    // Adds the RateLimit fields, when a limit was asked.
    void label(http::Response& response) const;

private:
    friend class Limits;
    std::size_t* place_ = nullptr;
    limits::Room room_ = limits::Room::open;
    std::optional<limits::Limit> limit_;
    limits::Verdict verdict_;
};

class Limits {
public:
    // `line`: how many commands wait for the database.
    Limits(limits::Buckets& buckets, accounts::Keys& keys, metrics::Registry& metrics,
           LimitOptions options, std::function<std::size_t()> line);

    // A place among the requests of its kind. Failure: Unavailable overloaded, at once.
    Result<void> give_room(limits::Room room, Ticket& ticket);
    // Whose address counts for the request.
    std::string address_of(const http::Request& request) const;
    // Who calls. Failures: TooMany rate_limited, and those of Keys::authenticate. The address pays
    // before the key is looked up, unless the key is remembered as a good one.
    Task<Result<accounts::Caller>> know(std::string key, std::string address, Ticket& ticket);

    std::size_t busy(limits::Room room) const { return load_.busy[static_cast<std::size_t>(room)]; }

private:
    Task<Result<void>> take(std::string subject, limits::Limit limit, Ticket& ticket);

    limits::Buckets& buckets_;
    accounts::Keys& keys_;
    metrics::Registry& metrics_;
    LimitOptions options_;
    std::function<std::size_t()> line_;
    limits::Load load_;
};

}  // namespace florin::api
