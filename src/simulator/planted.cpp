#include "simulator/planted.h"

#include "connectors/no_wire.h"
#include "payments/rules.h"
#include "payments/show.h"
#include "simulator/connector.h"
#include "simulator/world.h"

namespace florin::simulator {

using namespace payments;
using namespace std::chrono_literals;
using connectors::Capabilities;
using connectors::Connector;
using connectors::Outcome;

namespace {

constexpr auto kPlanted = std::to_array<PlantedName>({
    {Planted::random_provider_key, "random_provider_key", "each send has a key of its own"},
    {Planted::same_key_for_refunds, "same_key_for_refunds",
     "all refunds of a payment have one key"},
    {Planted::not_found_is_failed, "not_found_is_failed", "what a search misses never happened"},
    {Planted::timeout_is_failed, "timeout_is_failed", "silence is a no"},
    {Planted::timeout_is_success, "timeout_is_success",
     "a cancellation is believed to have worked"},
    {Planted::failover_on_timeout, "failover_on_timeout",
     "silence is answered at another provider"},
    {Planted::replay_after_window, "replay_after_window", "a key is sent that is long forgotten"},
    {Planted::webhook_is_truth, "webhook_is_truth", "an event is booked without asking"},
    {Planted::reservation_released, "reservation_released", "silence frees what was reserved"},
    {Planted::sent_before_intent, "sent_before_intent", "the provider is called before the commit"},
    {Planted::lease_ignored, "lease_ignored", "a second process takes over what still runs"},
    {Planted::write_without_compare, "write_without_compare", "the last writer wins"},
    {Planted::lost_is_not_written, "lost_is_not_written", "a lost commit is told as a refusal"},
    {Planted::lost_intent_is_sent, "lost_intent_is_sent", "a lost commit is taken as written"},
    {Planted::late_success_dropped, "late_success_dropped", "a yes after a no is thrown away"},
    {Planted::posting_forgotten, "posting_forgotten", "some outcomes are not booked"},
    {Planted::follow_up_forgotten, "follow_up_forgotten", "what a step begins is not begun"},
    {Planted::chores_forgotten, "chores_forgotten", "nobody gives back what nobody captures"},
    {Planted::events_forgotten, "events_forgotten", "disputes and returned refunds are not read"},
    {Planted::deadlines_forgotten, "deadlines_forgotten", "nobody minds the time for evidence"},
    {Planted::releases_forgotten, "releases_forgotten", "nobody releases what was shipped"},
    {Planted::answer_of_today, "answer_of_today", "a repeated request is shown the state of now"},
    {Planted::fence_is_proof, "fence_is_proof", "to have asked for a cancellation is to have it"},
    {Planted::refunds_one_by_one, "refunds_one_by_one",
     "each refund is held against the limit alone"},
    {Planted::no_resolver, "no_resolver", "nobody looks after what did not end"},
});
static_assert(kPlanted.size() == static_cast<std::size_t>(Planted::count) - 1);

class FaultyConnector final : public Connector {
public:
    FaultyConnector(World& world, const Connector& honest)
        : world_(world), honest_(honest), capabilities_(honest.capabilities()) {
        if (is(Planted::replay_after_window)) capabilities_.key_window = std::chrono::days(1000);
    }

    const Capabilities& capabilities() const override { return capabilities_; }

    Task<Outcome> perform(connectors::Wire& wire, connectors::Order order,
                          Deadline deadline) const override {
        disguise(order);
        if (is(Planted::random_provider_key)) order.key = random_key();
        auto outcome = co_await honest_.perform(wire, order, deadline);
        if (!std::holds_alternative<connectors::Unknown>(outcome)) co_return outcome;
        if (is(Planted::timeout_is_failed)) co_return no();
        if (is(Planted::timeout_is_success) && order.action == Action::cancel)
            co_return connectors::Succeeded{order.reference, {"answer", "", ""}};
        if (is(Planted::failover_on_timeout)) {
            order.key = random_key();
            const auto later = deadline_in(5s);
            co_return co_await honest_.perform(wire, std::move(order), later);
        }
        co_return outcome;
    }

    Task<Outcome> find(connectors::Wire& wire, connectors::Order order,
                       Deadline deadline) const override {
        disguise(order);
        auto outcome = co_await honest_.find(wire, std::move(order), deadline);
        const bool is_missing = std::holds_alternative<connectors::NotFound>(outcome);
        if (is_missing && is(Planted::not_found_is_failed)) co_return no();
        co_return outcome;
    }

    Task<Outcome> fence(connectors::Wire& wire, connectors::Order order,
                        Deadline deadline) const override {
        auto outcome = co_await honest_.fence(wire, std::move(order), deadline);
        if (is(Planted::fence_is_proof)) co_return no();
        co_return outcome;
    }

    Task<connectors::DisputeAnswer> read_dispute(connectors::Wire& wire, std::string reference,
                                                 Deadline deadline) const override {
        return honest_.read_dispute(wire, std::move(reference), deadline);
    }

    Task<Outcome> answer_dispute(connectors::Wire& wire, connectors::DisputeReply reply,
                                 Deadline deadline) const override {
        return honest_.answer_dispute(wire, std::move(reply), deadline);
    }

    Result<connectors::Hint> read_webhook(const http::Headers& headers, std::string_view body,
                                          std::string_view secret, Instant now) const override {
        return honest_.read_webhook(headers, body, secret, now);
    }

private:
    bool is(Planted fault) const { return world_.planted == fault; }
    std::string random_key() const { return "random-" + std::to_string(world_.dice.next()); }
    static Outcome no() {
        return connectors::Declined{"believed_failed", "", "", {"answer", "", ""}};
    }
    void disguise(connectors::Order& order) const {
        if (is(Planted::same_key_for_refunds) && order.action == Action::refund)
            order.key = "refund-" + order.payment;
    }

    World& world_;
    const Connector& honest_;
    Capabilities capabilities_;
};

class FaultyRecords final : public Records {
public:
    FaultyRecords(World& world, Records& honest, const Connector& connector)
        : world_(world), honest_(honest), connector_(connector) {}

    Task<std::optional<Earlier>> create(Payment payment, ClientKey key,
                                        Deadline deadline) override {
        co_await send_first(payment);
        bool is_lost = false;
        try {
            co_return co_await honest_.create(std::move(payment), std::move(key), deadline);
        } catch (const pg::Lost&) {
            is_lost = is(Planted::lost_intent_is_sent);
            if (!is_lost) throw;
        }
        co_return std::nullopt;
    }

    Task<std::optional<std::string>> advance(Change change, Deadline deadline) override {
        if (change.operation_is_new) co_await send_first(change.after);
        if (is(Planted::late_success_dropped) && change.event_type.ends_with("late_success"))
            co_return show_subject(change);
        if (is(Planted::posting_forgotten) && world_.dice.chance(1'000)) change.postings.clear();
        if (is(Planted::follow_up_forgotten)) change.follow_ups.clear();
        if (is(Planted::reservation_released) && change.event_type.ends_with("outcome_unknown"))
            release(change.after);
        if (is(Planted::write_without_compare)) {
            const auto now_is =
                co_await honest_.load(change.after.merchant, change.after.id, OperationId());
            if (now_is) change.after.version = now_is->version + 1;
        }
        co_return co_await honest_.advance(std::move(change), deadline);
    }

    Task<std::optional<Payment>> load(MerchantId merchant, PaymentId id,
                                      OperationId operation) override {
        return honest_.load(merchant, id, operation);
    }
    Task<std::vector<Part>> parts(PaymentId id) override {
        auto parts = co_await honest_.parts(id);
        if (is(Planted::refunds_one_by_one))
            for (auto& part : parts) part.unapproved = 0;
        co_return parts;
    }

    Task<std::optional<Answered>> answered(PaymentId payment, OperationId operation) override {
        auto found = co_await honest_.answered(payment, operation);
        if (found && is(Planted::answer_of_today)) {
            const auto now_is = co_await honest_.load(world_.merchant, payment, operation);
            found->data = show_subject(*now_is);
        }
        co_return found;
    }

    Task<std::optional<KeyUse>> key_use(MerchantId merchant, PaymentId payment, Scope scope,
                                        std::string key) override {
        return honest_.key_use(merchant, payment, scope, std::move(key));
    }

    Task<std::vector<Due>> due(Instant now, std::int64_t limit) override {
        return honest_.due(is(Planted::lease_ignored) ? now + 25s : now, limit);
    }

    Task<std::vector<Due>> claim(std::vector<Due> wanted, Instant until) override {
        return honest_.claim(std::move(wanted), until);
    }

    Task<> postpone(Due claimed, Instant at) override { return honest_.postpone(claimed, at); }

    Task<std::vector<DuePayment>> claim_chores(Instant now, Instant until,
                                               std::int64_t limit) override {
        if (!is(Planted::chores_forgotten))
            co_return co_await honest_.claim_chores(now, until, limit);
        co_await honest_.claim_chores(now, Instant::max(), limit);
        co_return std::vector<DuePayment>();
    }
    Task<std::vector<Dispute>> disputes(PaymentId payment) override {
        return honest_.disputes(payment);
    }
    Task<std::vector<DueDispute>> claim_disputes(Instant now, Instant until,
                                                 std::int64_t limit) override {
        if (!is(Planted::deadlines_forgotten))
            co_return co_await honest_.claim_disputes(now, until, limit);
        co_await honest_.claim_disputes(now, Instant::max(), limit);
        co_return std::vector<DueDispute>();
    }
    Task<std::vector<DueRelease>> claim_releases(Instant now, Instant until,
                                                 std::int64_t limit) override {
        if (!is(Planted::releases_forgotten))
            co_return co_await honest_.claim_releases(now, until, limit);
        co_await honest_.claim_releases(now, Instant::max(), limit);
        co_return std::vector<DueRelease>();
    }
    Task<> put_off_release(DueRelease claimed, Instant at) override {
        return honest_.put_off_release(claimed, at);
    }
    Task<Payables> payables(Payment payment) override {
        return honest_.payables(std::move(payment));
    }
    Task<std::optional<sellers::Fees>> fees_of(Payment payment, std::size_t order) override {
        return honest_.fees_of(std::move(payment), order);
    }
    Task<std::vector<ProviderEvent>> claim_events(Instant now, Instant until,
                                                  std::int64_t limit) override {
        if (!is(Planted::events_forgotten))
            co_return co_await honest_.claim_events(now, until, limit);
        co_await honest_.claim_events(now, Instant::max(), limit);
        co_return std::vector<ProviderEvent>();
    }
    Task<std::string> event_body(std::string provider, std::string id) override {
        return honest_.event_body(std::move(provider), std::move(id));
    }
    Task<> finish_event(ProviderEvent event, EventState state, std::string why,
                        Instant due_at) override {
        return honest_.finish_event(std::move(event), state, std::move(why), due_at);
    }

    Task<std::optional<std::int32_t>> receive(std::string provider, connectors::Hint hint,
                                              std::string body, Instant now) override {
        if (is(Planted::webhook_is_truth)) co_await believe(hint);
        co_return co_await honest_.receive(std::move(provider), std::move(hint), std::move(body),
                                           now);
    }

private:
    bool is(Planted fault) const { return world_.planted == fault; }

    Task<> send_first(Payment payment) {
        if (!is(Planted::sent_before_intent)) co_return;
        auto order = order_of(payment, false);
        const auto deadline = deadline_in(5s);
        co_await connector_.perform(wire_, std::move(order), deadline);
    }

    static void release(Payment& payment) {
        auto& counters = payment.counters;
        if (payment.operation.kind == Action::refund)
            counters.refund_reserved -= payment.operation.amount;
        if (payment.operation.kind == Action::capture)
            counters.capture_reserved -= payment.operation.amount;
    }

    Task<> believe(connectors::Hint hint) {
        const auto id = PaymentId::parse(hint.payment);
        if (!id || hint.type.ends_with("pending")) co_return;
        const auto payment = co_await honest_.load(world_.merchant, *id, OperationId());
        if (!payment || !hint.type.starts_with(connectors::name(payment->operation.kind)))
            co_return;
        Outcome outcome = connectors::Declined{"webhook", "", "", {"webhook", "", ""}};
        if (hint.type.ends_with("succeeded"))
            outcome = connectors::Succeeded{"ch", {"webhook", "", ""}};
        auto change = settle(*payment, outcome, florin::now(), world_.dice.next());
        const auto deadline = deadline_in(5s);
        if (change) co_await honest_.advance(std::move(*change), deadline);
    }

    World& world_;
    Records& honest_;
    const Connector& connector_;
    connectors::NoWire wire_;
};

}  // namespace

std::span<const PlantedName> planted_faults() {
    return kPlanted;
}

std::optional<Planted> planted_from(std::string_view name) {
    const auto* found = std::ranges::find(kPlanted, name, &PlantedName::name);
    if (found == kPlanted.end()) return std::nullopt;
    return found->fault;
}

std::unique_ptr<Connector> plant(World& world, const Connector& honest) {
    if (world.planted == Planted::none) return nullptr;
    return std::make_unique<FaultyConnector>(world, honest);
}

std::unique_ptr<Records> plant(World& world, Records& honest, const Connector& connector) {
    if (world.planted == Planted::none) return nullptr;
    return std::make_unique<FaultyRecords>(world, honest, connector);
}

}  // namespace florin::simulator
