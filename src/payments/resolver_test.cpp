// Goal: a backlog is worked off without a pause, and no kind of work waits for another. Method:
// records that only count, and a period that never comes.

#include "payments/resolver.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include "connectors/no_wire.h"
#include "connectors/stripe/stripe.h"
#include "payments/test_payment.h"
#include "platform/async/test_run.h"

namespace florin::payments {
namespace {

// So much is due at once; an operation turns out to be settled as soon as it is read, unless reads
// of operations hang.
class Backlog : public Records {
public:
    explicit Backlog(asio::io_context& io) : hang_(io, std::chrono::hours(1)) {}

    std::size_t operations = 0, events = 0, operations_read = 0, events_done = 0;
    std::size_t at_once = 0, at_once_most = 0;
    bool hangs = false;

    Task<std::optional<Payment>> load(MerchantId, PaymentId, OperationId operation) override {
        if (operation == OperationId()) co_return std::nullopt;  // An event that is not ours.
        ++operations_read;
        at_once_most = std::max(at_once_most, ++at_once);
        if (hangs) {
            co_await hang_.async_wait(asio::use_awaitable);
        } else {
            co_await asio::post(asio::use_awaitable);
        }
        --at_once;
        co_return testing::opened();
    }
    Task<std::vector<Due>> due(Instant, std::int64_t limit) override {
        std::vector<Due> out(std::min(operations, static_cast<std::size_t>(limit)));
        std::uint64_t n = 0;
        for (auto& one : out) one.operation = OperationId::make(testing::kNoon, 0, ++n);
        co_return out;
    }
    Task<std::vector<Due>> claim(std::vector<Due> wanted, Instant) override {
        operations -= wanted.size();
        co_return wanted;
    }
    Task<std::vector<ProviderEvent>> claim_events(Instant, Instant, std::int64_t limit) override {
        std::vector<ProviderEvent> out(std::min(events, static_cast<std::size_t>(limit)));
        events -= out.size();
        co_return out;
    }
    Task<std::string> event_body(std::string, std::string) override { co_return std::string(); }
    Task<> finish_event(ProviderEvent, EventState, std::string, Instant) override {
        ++events_done;
        co_return;
    }
    Task<std::vector<DuePayment>> claim_chores(Instant, Instant, std::int64_t) override {
        co_return std::vector<DuePayment>();
    }
    Task<std::vector<DueDispute>> claim_disputes(Instant, Instant, std::int64_t) override {
        co_return std::vector<DueDispute>();
    }
    Task<std::vector<DueRelease>> claim_releases(Instant, Instant, std::int64_t) override {
        co_return std::vector<DueRelease>();
    }

    // Nobody asks for these here.
    Task<> put_off_release(DueRelease, Instant) override { co_return; }
    Task<Payables> payables(Payment) override { co_return Payables(); }
    Task<std::optional<sellers::Fees>> fees_of(Payment, std::size_t) override {
        co_return std::nullopt;
    }
    Task<std::optional<Earlier>> create(Payment, ClientKey, Deadline) override {
        co_return std::nullopt;
    }
    Task<std::optional<std::string>> advance(Change, Deadline) override { co_return std::nullopt; }
    Task<std::vector<Part>> parts(PaymentId) override { co_return std::vector<Part>(); }
    Task<std::optional<Answered>> answered(PaymentId, OperationId) override {
        co_return std::nullopt;
    }
    Task<std::optional<KeyUse>> key_use(MerchantId, PaymentId, Scope, std::string) override {
        co_return std::nullopt;
    }
    Task<> postpone(Due, Instant) override { co_return; }
    Task<std::vector<Dispute>> disputes(PaymentId) override { co_return std::vector<Dispute>(); }
    Task<std::optional<std::int32_t>> receive(std::string, connectors::Hint, std::string,
                                              Instant) override {
        co_return std::nullopt;
    }

private:
    asio::steady_timer hang_;
};

class ResolverTest : public ::testing::Test {
protected:
    // Turns the loop until it is so; a resolver that waits for its period ends the test.
    template <class Condition>
    void run_until(Condition is_so) {
        scope.start("resolver", resolver.run());
        const auto end = deadline_in(std::chrono::seconds(30));
        while (!is_so() && monotonic_now() < end) io.run_one_until(end);
        EXPECT_TRUE(is_so());
        test::run(io, scope.close());
        test::run(io, resolver.close());
    }

    asio::io_context io{1};
    TaskScope scope{io};
    Backlog backlog{io};
    const connectors::stripe::Stripe stripe;
    connectors::NoWire wire;
    Service service{io, backlog, {stripe, wire}, {.provider_key_secret = "secret"}};
    Resolver resolver{io, service, {.period = std::chrono::hours(1), .at_once_max = 8}};
};

TEST_F(ResolverTest, GoesOnAtOnceWhileMoreIsDue) {
    backlog.operations = 1001;
    backlog.events = 50;
    run_until([&] { return backlog.operations_read == 1001 && backlog.events_done == 50; });
    EXPECT_EQ(resolver.looks(), 1001U);
    EXPECT_LE(backlog.at_once_most, 8U);
}

TEST_F(ResolverTest, OneKindOfWorkDoesNotKeepTheOthersWaiting) {
    backlog.operations = 100;
    backlog.events = 100;
    backlog.hangs = true;
    run_until([&] { return backlog.events_done == 100; });
    EXPECT_EQ(backlog.operations_read, 8U) << "no more than it has places for";
}

}  // namespace
}  // namespace florin::payments
