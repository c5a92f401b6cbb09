#include "simulator/clients.h"

#include "simulator/world.h"

namespace florin::simulator {

using namespace std::chrono_literals;
using Kind = Reply::Kind;

namespace {

constexpr Rate kAsksAgain = 50'000;
constexpr int kAttemptsMax = 10;  // Some hours.

const Story& draw_story(Dice& dice) {
    static const auto total = [] {
        std::uint32_t sum = 0;
        for (const auto& story : kStories) sum += story.weight;
        return sum;
    }();
    auto at = static_cast<std::uint32_t>(dice.below(total));
    for (const auto& story : kStories) {
        if (at < story.weight) return story;
        at -= story.weight;
    }
    return kStories.front();
}

// The fingerprint of a body; its last byte tells bodies of one key apart.
Hash hash_of(const Request& request) {
    Hash hash{};
    hash.back() = request.body;
    return hash;
}

bool is_final(Kind kind) {
    return kind == Kind::yes || kind == Kind::no || kind == Kind::refused;
}

}  // namespace

void Clients::start() {
    auto& dice = world_.dice;
    for (int number = 0; number < world_.profile.payments; ++number) {
        const auto at = world_.scheduler.now() + dice.between(0s, world_.profile.duration);
        const auto& story = draw_story(dice);
        ++running_;
        world_.scheduler.at(at, kWorld,
                            [this, number, story] { spawn(kWorld, play(number, story)); });
    }
}

Order Clients::new_payment(int number, const Story& story, std::int64_t amount) {
    static const Currency euro = *currency_from("EUR");
    const Request request{payments::Scope::create, fmt::format("order-{}", number)};
    const auto first = world_.dice.between(1, amount - 1);
    payments::NewPayment payment{
        .merchant = world_.merchant,
        .key = {request.key, hash_of(request)},
        .checkout_id = request.key,
        .method_type = "card",
        .method_token = std::string(story.impatient ? kSlowCard : "pm_card"),
        .capture_later = story.capture_later,
        .currency = euro,
        .orders = {{"a", "seller_a", Money(first, euro)},
                   {"b", "seller_b", Money(amount - first, euro)}}};
    return {.request = request, .fingerprint = hash_of(request), .payment = std::move(payment)};
}

// Asks until there is an answer for ever, waiting longer each time, or until the client leaves.
Task<Reply> Clients::insist(Order order) {
    auto& dice = world_.dice;
    Reply reply;
    microseconds wait = 500ms;
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
        world_.judge.sends(order.request);
        const bool hurries = dice.chance(world_.faults.client_hurries);
        reply = co_await cluster_.send(order, hurries ? dice.between(1ms, 3s) : 40s);
        world_.judge.hears(order.request, reply);
        world_.trace("client {} hears {}", order.request.key, name(reply.kind));
        if (is_final(reply.kind) || reply.held != OperationId() ||
            dice.chance(world_.faults.client_leaves))
            break;
        co_await sleep_until(world_.scheduler.now() + dice.between(wait / 2, wait));
        wait = std::min<microseconds>(wait * 4, 2h);
    }
    co_return reply;
}

Task<> Clients::make(Order order, Reply& last) {
    const auto reply = co_await insist(std::move(order));
    if (reply.payment != PaymentId()) last = reply;
}

// What was told of the payment, to whichever of the requests.
Task<Reply> Clients::open(Order order, Opening opening) {
    Reply reply, other;
    Join beside;
    if (opening != Opening::once) {
        auto second = order;
        second.request.body = opening == Opening::reused ? 1 : 0;
        second.fingerprint = second.payment->key.request_hash = hash_of(second.request);
        beside.begin();
        const auto twin = [](Clients& self, Order o, Reply& r, Join& j) -> Task<> {
            co_await self.make(std::move(o), r);
            j.end();
        };
        spawn(kWorld, twin(*this, std::move(second), other, beside));
    }
    co_await make(std::move(order), reply);
    co_await beside.wait();
    co_return reply.payment != PaymentId() ? std::move(reply) : std::move(other);
}

Task<> Clients::act(PaymentId payment, std::int64_t amount, Move move, std::string key,
                    Join& beside) {
    payments::Wish wish{.action = move.action, .is_final = move.is_final, .undo = move.undo};
    if (move.percent > 0) wish.amount = std::max<std::int64_t>(amount * move.percent / 100, 1);
    const Request request{payments::scope_of(wish), std::move(key)};
    Order order{.request = request, .fingerprint = hash_of(request), .id = payment};
    order.wish = std::move(wish);
    auto told = co_await insist(order);
    if (told.held != OperationId()) co_await decide(std::move(order), std::move(told));
    beside.end();
}

// A second person says yes or no to a refund that waits, two say both at once, or nobody ever says
// anything. Then the asker asks again what became of it.
Task<> Clients::decide(Order held, Reply told) {
    auto& dice = world_.dice;
    const auto draw = dice.below(10);
    if (draw == 0) co_return;
    co_await sleep_until(world_.scheduler.now() + dice.between(1s, 3h));
    Join beside;
    for (const bool approve : {true, false}) {
        const bool is_said = approve ? draw <= 7 : draw >= 5;
        if (!is_said) continue;
        const payments::Decision decision{.approve = approve, .by = boss_};
        const Request request{payments::scope_of(decision),
                              held.request.key + (approve ? "-yes" : "-no")};
        Order word{.request = request, .fingerprint = hash_of(request), .id = told.payment};
        word.refund = told.held;
        word.decision = decision;
        beside.begin();
        spawn(kWorld, say(std::move(word), beside));
    }
    co_await beside.wait();
    co_await insist(std::move(held));
}

Task<> Clients::say(Order word, Join& beside) {
    co_await insist(std::move(word));
    beside.end();
}

// Until somebody has taken it, or has refused it, or the shop forgets it.
Task<> Clients::tell(Order word) {
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
        const auto reply = co_await cluster_.send(word, 40s);
        if (is_final(reply.kind)) co_return;
        co_await sleep_until(world_.scheduler.now() + world_.dice.between(1s, 10min));
    }
}

// Shipped, and mostly delivered or returned later; each word may come before the money or twice.
Task<> Clients::ship(PaymentId payment, std::size_t order, std::string key, Join& beside) {
    auto& dice = world_.dice;
    const auto words = dice.below(4);
    for (std::size_t n = 0; n < words; ++n) {
        const auto status = n == 0               ? shipment::Status::shipped
                            : dice.below(5) == 0 ? shipment::Status::returned
                                                 : shipment::Status::delivered;
        co_await sleep_until(world_.scheduler.now() +
                             (n == 0 ? dice.between(0s, 60s) : dice.between(1s, 6h)));
        const Request request{payments::Scope::ship, fmt::format("{}-{}", key, n)};
        Order word{.request = request, .fingerprint = hash_of(request), .id = payment};
        word.order = order;
        word.news = payments::ShipmentNews{.status = status, .at = world_.scheduler.now()};
        if (dice.below(4) == 0) word.news->estimated_at = word.news->at + dice.between(0s, 6h);
        co_await tell(std::move(word));
    }
    beside.end();
}

// After a no: the same payment with another method, until it is a yes or the buyer has had enough.
Task<Reply> Clients::try_again(Reply last, int number, Story story) {
    for (int attempt = 1; attempt <= story.attempts && last.kind == Kind::no; ++attempt) {
        co_await sleep_until(world_.scheduler.now() + world_.dice.between(0s, 30s));
        const Request request{payments::Scope::attempt,
                              fmt::format("order-{}-attempt-{}", number, attempt)};
        Order order{.request = request, .fingerprint = hash_of(request), .id = last.payment};
        order.wish = {.action = story.capture_later ? Action::authorize : Action::sale,
                      .method_type = "card",
                      .method_token = fmt::format("pm_card_{}", attempt),
                      .scope = payments::Scope::attempt};
        const auto payment = last.payment;
        last = co_await insist(std::move(order));
        last.payment = payment;
    }
    co_return last;
}

Task<> Clients::play_moves(PaymentId payment, std::int64_t amount, int number, Story story) {
    auto& dice = world_.dice;
    Join beside;
    int move_number = 0;
    for (const auto& move : story.moves) {
        if (!move.races) co_await beside.wait();
        if (!move.races) co_await sleep_until(world_.scheduler.now() + dice.between(0s, 30s));
        beside.begin();
        auto key = fmt::format("order-{}-move-{}", number, move_number++);
        spawn(kWorld, act(payment, amount, move, std::move(key), beside));
    }
    co_await beside.wait();
}

Task<> Clients::play(int number, Story story) {
    auto& dice = world_.dice;
    const auto amount = dice.between(4, 1'000'00);
    const auto order = new_payment(number, story, amount);
    auto told =
        story.impatient ? co_await cluster_.send(order, 3s) : co_await open(order, story.opening);
    if (told.kind == Kind::open) co_await play_moves(told.payment, amount, number, story);
    if (story.impatient) told = co_await insist(order);
    told = co_await try_again(std::move(told), number, story);
    Join shipped;
    if (told.kind == Kind::yes && world_.dice.below(6) == 0) {
        for (std::size_t n = 0; n < order.payment->orders.size(); ++n) {
            shipped.begin();
            spawn(kWorld,
                  ship(told.payment, n, fmt::format("order-{}-ship-{}", number, n), shipped));
        }
    }
    if (told.kind == Kind::yes && !story.impatient)
        co_await play_moves(told.payment, amount, number, story);
    co_await shipped.wait();
    // Whatever happened since, the first request has its answer for ever.
    if (dice.chance(kAsksAgain)) co_await insist(order);
    --running_;
}

}  // namespace florin::simulator
