#include "api/limits.h"

#include <fmt/format.h>

namespace florin::api {

using limits::Room;

namespace {

constexpr std::string_view name(Room room) {
    switch (room) {
        case Room::writes:
            return "writes";
        case Room::reads:
            return "reads";
        case Room::webhooks:
            return "webhooks";
        case Room::open:
            return "open";
    }
    return "";
}

}  // namespace

void Ticket::label(http::Response& response) const {
    if (!limit_) return;
    response.headers.add("RateLimit-Policy", limits::policy_field(*limit_));
    response.headers.add("RateLimit", limits::state_field(*limit_, verdict_));
}

Limits::Limits(limits::Buckets& buckets, accounts::Keys& keys, metrics::Registry& metrics,
               LimitOptions options, std::function<std::size_t()> line)
    : buckets_(buckets),
      keys_(keys),
      metrics_(metrics),
      options_(std::move(options)),
      line_(std::move(line)) {}

Result<void> Limits::give_room(Room room, Ticket& ticket) {
    load_.line = line_();
    if (!limits::has_room(options_.rooms, load_, room)) {
        metrics_.counter("florin_shed_total", "Requests refused because too much is under way.",
                         fmt::format("room=\"{}\"", name(room))) += 1;
        auto failure = fail(Fault::unavailable, "overloaded",
                            "too much is under way, so this request was not looked at: repeat it "
                            "as it is, with the same Idempotency-Key");
        failure.error().retry_after_s = 1;
        return failure;
    }
    ticket.room_ = room;
    ticket.place_ = &load_.busy[static_cast<std::size_t>(room)];
    ++*ticket.place_;
    return {};
}

std::string Limits::address_of(const http::Request& request) const {
    std::vector<std::string> forwarded_for;
    if (!options_.trusted_proxies.empty()) {
        for (const auto& [header, value] : request.headers.all()) {
            if (http::same_name(header, "X-Forwarded-For")) forwarded_for.push_back(value);
        }
    }
    return http::client_of(request.peer, forwarded_for, options_.trusted_proxies);
}

Task<Result<accounts::Caller>> Limits::know(std::string key, std::string address, Ticket& ticket) {
    auto caller = keys_.remembered(key);
    if (!caller) {
        const auto subject = "address:" + address;
        // Who was known a moment ago is no stranger: many requests may wait for the same look.
        if (!keys_.was_known(key)) {
            CO_TRY_OK(co_await take(subject, options_.strangers, ticket));
        }
        auto found = co_await keys_.authenticate(std::move(key));
        if (!found && found.error().code == "key_invalid")
            buckets_.charge(subject, options_.strangers, kWrongKeyCost - 1);
        if (!found) co_return std::unexpected(std::move(found.error()));
        caller = std::move(*found);
    }
    const auto& limit = ticket.room_ == Room::writes ? options_.writes : options_.reads;
    auto subject = fmt::format("key:{}:{}", caller->key.text(), limit.policy);
    CO_TRY_OK(co_await take(std::move(subject), limit, ticket));
    co_return std::move(*caller);
}

Task<Result<void>> Limits::take(std::string subject, limits::Limit limit, Ticket& ticket) {
    if (!limit.is_on()) co_return Result<void>();
    ticket.limit_ = limit;
    ticket.verdict_ = co_await buckets_.take(std::move(subject), limit);
    if (ticket.verdict_.step == limits::Step::pass) co_return Result<void>();
    metrics_.counter("florin_rate_limited_total", "Requests refused by a rate limit.",
                     fmt::format("policy=\"{}\"", limit.policy)) += 1;
    Error error{Fault::too_many, "rate_limited",
                fmt::format("more than {} requests a second: wait as long as Retry-After says, "
                            "then repeat the request as it is",
                            limit.per_second)};
    error.object = limit.policy;
    error.retry_after_s = static_cast<int>(limits::whole_seconds(ticket.verdict_.retry_after));
    co_return std::unexpected(std::move(error));
}

}  // namespace florin::api
