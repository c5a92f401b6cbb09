#include "simulator/connector.h"

#include "simulator/world.h"

namespace florin::simulator {

using namespace std::chrono_literals;
using connectors::NotSent;
using connectors::Order;
using connectors::Outcome;
using connectors::Unknown;

namespace {

std::string_view name_of(const Outcome& outcome) {
    static constexpr std::array<std::string_view, 6> kNames = {
        "succeeded", "declined", "pending", "not sent", "unknown", "not found"};
    return kNames[outcome.index()];
}

struct Trip {
    Order order;
    Outcome reply = Unknown{"no answer"};
    Instant back;  // When we hear it, if we still listen.
};

// Sends the request over the wire: the world carries it, whatever becomes of who sent it.
std::shared_ptr<Trip> send(World& world, Order order, Instant deadline) {
    auto& dice = world.dice;
    const auto& faults = world.faults;
    const auto now = world.scheduler.now();
    auto trip = std::make_shared<Trip>(Trip{.order = std::move(order), .back = deadline});
    if (dice.chance(faults.request_lost)) return trip;
    const auto there = dice.chance(faults.late)
                           ? dice.between(deadline - now, world.profile.network_life)
                           : dice.between(5ms, 300ms);
    if (dice.chance(faults.error_before)) {
        trip->back = std::min(deadline, now + 2 * there);
        trip->reply = Unknown{"status 503"};
        return trip;
    }
    const bool garbled = dice.chance(faults.error_after);
    const bool heard = !dice.chance(faults.reply_lost);
    if (heard) trip->back = std::min(deadline, now + there + dice.between(5ms, 500ms));
    const bool in_time = heard && trip->back < deadline;
    world.scheduler.at(now + there, kWorld, [&world, trip, garbled, in_time] {
        auto reply = world.provider.perform(trip->order);
        world.trace("provider: {} {} is {}", connectors::name(trip->order.action), trip->order.key,
                    name_of(reply));
        if (in_time) trip->reply = garbled ? Unknown{"status 500"} : std::move(reply);
    });
    if (dice.chance(faults.duplicated)) {
        const auto again = dice.between(there, world.profile.network_life);
        world.scheduler.at(now + again, kWorld,
                           [&world, trip] { world.provider.perform(trip->order); });
    }
    return trip;
}

}  // namespace

SimulatedConnector::SimulatedConnector(World& world)
    : world_(world),
      capabilities_{
          .name = kProviderName,
          .safe_replay = true,
          .key_window = std::chrono::duration_cast<std::chrono::seconds>(world.profile.key_window),
          .query_by_key = true,
          .visibility_delay =
              std::chrono::duration_cast<std::chrono::seconds>(world.profile.visibility) + 1s,
          .cancel = true,
          .several_captures = true,
          .refund = true,
          .increment = world.profile.increments,
          .fence = true,
          .answer_time = 20s,
      } {}

Task<Outcome> SimulatedConnector::perform(connectors::Wire&, Order order, Deadline deadline) const {
    auto& dice = world_.dice;
    const auto now = world_.scheduler.now();
    const bool is_out = now < world_.provider_back;
    if (dice.chance(world_.faults.connect_refused) || (is_out && dice.below(2) == 0)) {
        co_await sleep_until(now + dice.between(1ms, 200ms));
        co_return NotSent{"connection refused"};
    }
    if (dice.chance(world_.faults.limited)) {
        co_await sleep_until(now + dice.between(5ms, 200ms));
        co_return NotSent{"too many requests"};
    }
    if (is_out) {
        co_await sleep_until(instant_of(deadline));
        co_return Unknown{"no answer"};
    }
    const auto trip = send(world_, std::move(order), instant_of(deadline));
    co_await sleep_until(trip->back);
    if (world_.scheduler.now() < world_.provider_back) {  // The way back is cut as well.
        co_await sleep_until(instant_of(deadline));
        co_return Unknown{"no answer"};
    }
    world_.trace("hears of {} {}: {}", connectors::name(trip->order.action), trip->order.key,
                 name_of(trip->reply));
    co_return std::move(trip->reply);
}

// A question fails, or takes its time: `ask` answers with what is true in the middle of it.
template <class Ask>
static Task<std::optional<std::invoke_result_t<Ask>>> question(World& world, Deadline deadline,
                                                               Ask ask) {
    auto& dice = world.dice;
    const auto now = world.scheduler.now();
    const auto& faults = world.faults;
    const bool fails = now < world.provider_back || dice.chance(faults.connect_refused) ||
                       dice.chance(faults.reply_lost) || dice.chance(faults.error_before);
    if (fails) {
        co_await sleep_until(dice.below(2) == 0 ? instant_of(deadline) : now + 50ms);
        co_return std::nullopt;
    }
    co_await sleep_until(now + dice.between(5ms, 300ms));
    auto answer = ask();
    co_await sleep_until(world.scheduler.now() + dice.between(5ms, 300ms));
    co_return answer;
}

Task<Outcome> SimulatedConnector::find(connectors::Wire&, Order order, Deadline deadline) const {
    auto ask = [this, &order] { return world_.provider.find(order); };
    auto found = co_await question(world_, deadline, ask);
    if (!found) co_return Unknown{"the query failed"};
    world_.trace("finds {} {}: {}", connectors::name(order.action), order.key, name_of(*found));
    co_return std::move(*found);
}

// Its way there may fail as well as its way back.
Task<Outcome> SimulatedConnector::fence(connectors::Wire&, Order order, Deadline deadline) const {
    auto say = [this, &order] { return world_.provider.fence(order); };
    auto answer = co_await question(world_, deadline, say);
    if (!answer || world_.dice.chance(world_.faults.reply_lost)) co_return Unknown{"no answer"};
    world_.trace("fences {} {}: {}", connectors::name(order.action), order.key, name_of(*answer));
    co_return std::move(*answer);
}

Task<connectors::DisputeAnswer> SimulatedConnector::read_dispute(connectors::Wire&,
                                                                 std::string reference,
                                                                 Deadline deadline) const {
    auto ask = [this, &reference] { return world_.provider.read_dispute(reference); };
    auto found = co_await question(world_, deadline, ask);
    if (!found) co_return Unknown{"the query failed"};
    co_return std::move(*found);
}

Task<Outcome> SimulatedConnector::answer_dispute(connectors::Wire&, connectors::DisputeReply,
                                                 Deadline) const {
    co_return NotSent{"the simulated bank decides by itself"};
}

Result<connectors::Hint> SimulatedConnector::read_webhook(const http::Headers& headers,
                                                          std::string_view body,
                                                          std::string_view secret, Instant) const {
    if (headers.get(kSignatureHeader) != secret)
        return fail(Fault::malformed, "signature_wrong", "this is not the provider's signature");
    connectors::Hint hint;
    const auto next = [&] {
        const auto end = body.find('|');
        const auto part = body.substr(0, end);
        body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
        return std::string(part);
    };
    hint.id = next();
    hint.type = next();
    hint.payment = next();
    const auto about = next();
    hint.object = next();
    using connectors::About;
    for (const auto one : {About::refund, About::dispute, About::lapse, About::charge})
        if (about == connectors::name(one)) hint.about = one;
    return hint;
}

std::string body_of(const connectors::Hint& hint) {
    return fmt::format("{}|{}|{}|{}|{}", hint.id, hint.type, hint.payment,
                       connectors::name(hint.about), hint.object);
}

Instant instant_of(Deadline deadline) {
    return Instant(std::chrono::duration_cast<microseconds>(deadline.time_since_epoch()));
}

}  // namespace florin::simulator
