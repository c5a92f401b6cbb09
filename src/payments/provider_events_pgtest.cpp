// Goal: what a provider tells of a charge is looked at where it is news, and costs nothing
// elsewhere. Method: payments in each state, one event for each.

#include <random>
#include <set>

#include "payments/engine.h"
#include "payments/store.h"
#include "payments/test_payment.h"
#include "tests/kit/test_database.h"

namespace florin::payments {
namespace {

class ProviderEvents : public test::DatabaseTest {
protected:
    void SetUp() override { engine.start(scope); }

    // Version 1 of a payment, not written.
    Payment opened(const std::string& key) {
        auto wanted = testing::wanted();
        wanted.key.key = key;
        return open(std::move(wanted), {"stripe", "k"}, testing::kTiming, random());
    }

    Payment created(const std::string& key) {
        auto payment = opened(key);
        const auto deadline = deadline_in(std::chrono::minutes(1));
        EXPECT_FALSE(test::run(io, engine.create(payment, {.key = key}, deadline)));
        return payment;
    }

    // Gives its id after an outcome was heard.
    std::string heard(const std::string& key, const connectors::Outcome& outcome) {
        auto change = *settle(created(key), outcome, testing::kNoon, random());
        const auto deadline = deadline_in(std::chrono::minutes(1));
        EXPECT_TRUE(test::run(io, engine.advance(change, deadline)));
        return change.after.id.text();
    }

    // How many operations the event woke.
    std::optional<std::int32_t> tell(std::string payment) {
        connectors::Hint hint{.id = "evt_" + std::to_string(told++),
                              .type = "payment_intent.succeeded",
                              .payment = std::move(payment),
                              .about = connectors::About::charge,
                              .object = "pi_1"};
        return test::run(io, engine.receive("stripe", std::move(hint), "{}", testing::kNoon));
    }

    std::set<std::string> claimed(std::chrono::seconds after_noon) {
        const auto at = testing::kNoon + after_noon;
        std::set<std::string> ids;
        for (const auto& one : test::run(io, store.claim_events(at, Instant::max(), 10)))
            ids.insert(one.id);
        return ids;
    }

    std::mt19937_64 random{test::seed()};
    Engine engine{io, {.conninfo = database.conninfo(), .lanes = 2}};
    Store store{pool};
    int told = 0;
};

TEST_F(ProviderEvents, AChargeThatStandsIsLookedAtWhereOurAttemptHasNotSucceeded) {
    EXPECT_EQ(tell(heard("yes", testing::yes())), 0);
    EXPECT_EQ(tell(heard("no", testing::no())), 0);
    EXPECT_EQ(tell(created("busy").id.text()), 0);
    EXPECT_EQ(tell(heard("in doubt", connectors::Unknown{"no answer"})), 1);
    EXPECT_EQ(tell(opened("never written").id.text()), 0);
    EXPECT_EQ(tell(""), 0);
    EXPECT_EQ(database.ask("SELECT string_agg(id, ' ' ORDER BY id) FROM florin.provider_event "
                           "WHERE state = 1 AND due_at = 'infinity'"),
              "evt_0 evt_4 evt_5");
    // What is on its way gets the time to arrive.
    EXPECT_EQ(claimed(std::chrono::seconds(0)), std::set<std::string>{"evt_1"});
    EXPECT_EQ(claimed(std::chrono::seconds(9)), std::set<std::string>());
    EXPECT_EQ(claimed(std::chrono::seconds(10)), (std::set<std::string>{"evt_2", "evt_3"}));
}

}  // namespace
}  // namespace florin::payments
