// Goal: what was written is read back whole, lists are complete, and an operation is looked at by
// one. Method: every kind of step, drawn payments over all slots, rival claimers.

#include "payments/store.h"

#include <algorithm>
#include <map>
#include <random>

#include "payments/engine.h"
#include "payments/show.h"
#include "payments/test_payment.h"
#include "tests/kit/test_database.h"

namespace florin::payments {
namespace {

using std::chrono::seconds;
using testing::kNoon;

class StoreTest : public test::DatabaseTest {
protected:
    void SetUp() override { engine.start(scope); }

    void create(std::vector<Payment> payments) {
        std::vector<Task<>> tasks;
        for (auto& payment : payments) tasks.push_back(write(engine, std::move(payment)));
        test::run_all(io, std::move(tasks));
    }

    static Task<> write(Engine& engine, Payment payment) {
        // The key is in the id's slot only; a test uses each once.
        ClientKey key{.key = payment.id.text()};
        const auto earlier = co_await engine.create(std::move(payment), std::move(key),
                                                    deadline_in(std::chrono::minutes(1)));
        EXPECT_FALSE(earlier);
    }

    Payment step(Change change) {
        auto after = change.after;
        EXPECT_TRUE(
            test::run(io, engine.advance(std::move(change), deadline_in(std::chrono::minutes(1)))));
        return after;
    }

    Payment draw(NewPayment wanted, Instant at) {
        wanted.key.key = std::to_string(random());
        return open(std::move(wanted), {"stripe", "k"}, {at, seconds(30)}, random());
    }

    std::vector<Payment> list(MerchantId merchant, ListFilter filter) {
        return test::run(io, store.list(merchant, std::move(filter)));
    }

    std::mt19937_64 random{test::seed()};
    Engine engine{io, {.conninfo = database.conninfo()}};
    Store store{pool};
};

// All that show() leaves out of an operation.
auto hidden(const Operation& op) {
    return std::tuple(op.generation, op.provider_key, op.amount, op.sent_at, op.due_at, op.tries,
                      op.ended_version, op.proof.kind, op.proof.reference, op.proof.hash);
}

TEST_F(StoreTest, EveryStepIsReadBackAsItWasWritten) {
    const connectors::Outcome outcomes[] = {
        testing::yes(),
        testing::no(),
        connectors::Pending{"pi_2", "customer", "https://bank.example/3ds?x=1&y='"},
        connectors::Pending{"pi_3", "provider", ""},
        connectors::NotSent{"connection refused"},
        connectors::Unknown{"no answer — \"none\"", true},
    };
    for (const bool later : {false, true}) {
        for (const auto& outcome : outcomes) {
            auto wanted = testing::wanted(later);
            wanted.buyer_email = "";
            wanted.livemode = later;
            const auto payment = draw(std::move(wanted), kNoon + std::chrono::microseconds(1234));
            create({payment});
            auto change = settle(payment, outcome, kNoon + seconds(1), random());
            ASSERT_TRUE(change);
            const auto after = step(std::move(*change));
            const auto found = test::run(io, store.load(payment.merchant, payment.id));
            ASSERT_TRUE(found);
            EXPECT_EQ(show(*found), show(after));
            EXPECT_EQ(hidden(found->operation), hidden(after.operation));
            EXPECT_EQ(found->doing, after.doing);
            EXPECT_EQ(found->waiting_for, after.waiting_for);
            EXPECT_EQ(found->created_at, after.created_at);
        }
    }
}

TEST_F(StoreTest, ACaptureIsReadBackWithItsOwnOperation) {
    const auto payment = draw(testing::wanted(true), kNoon);
    create({payment});
    const auto held = step(*settle(payment, testing::yes(), kNoon, random()));
    const auto begun = step(*begin(held, {}, {.action = Action::capture}, {"stripe", "k2"},
                                   {.key = "c", .request_hash = {9}}, testing::kTiming, random()));
    auto found = test::run(io, store.load(payment.merchant, payment.id));
    EXPECT_EQ(show(*found), show(begun));
    EXPECT_EQ(hidden(found->operation), hidden(begun.operation));
    const auto paid = step(*settle(begun, testing::yes(), kNoon + seconds(2), random()));
    found = test::run(io, store.load(payment.merchant, payment.id));
    EXPECT_EQ(show(*found), show(paid));

    const auto operations = test::run(io, store.parts(payment.id));
    ASSERT_EQ(operations.size(), 2U);
    EXPECT_TRUE(std::ranges::count(operations, begun.operation.id, &Part::id) == 1);
    const auto events = test::run(io, store.events(payment, 1, 2));
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].version, 2);
    EXPECT_EQ(events[0].data, show(held));
    EXPECT_EQ(events[1].type, "payment.capture_started");

    const auto use =
        test::run(io, store.key_use(payment.merchant, payment.id, Scope::capture, "c"));
    ASSERT_TRUE(use);
    EXPECT_EQ(use->operation, begun.operation.id);
    EXPECT_EQ(use->request_hash[0], 9);
    EXPECT_FALSE(test::run(io, store.key_use(payment.merchant, payment.id, Scope::cancel, "c")));

    const auto answered = test::run(io, store.answered(payment.id, begun.operation.id));
    ASSERT_TRUE(answered);
    EXPECT_EQ(answered->ended_version, 4);
    EXPECT_EQ(answered->state, operation::State::succeeded);
    EXPECT_EQ(answered->event_type, "payment.succeeded");
    EXPECT_EQ(answered->data, show(paid));
}

TEST_F(StoreTest, AnOperationThatRunsHasNoAnswer) {
    const auto payment = draw(testing::wanted(), kNoon);
    create({payment});
    const auto answered = test::run(io, store.answered(payment.id, payment.operation.id));
    ASSERT_TRUE(answered);
    EXPECT_EQ(answered->ended_version, 0);
    EXPECT_EQ(answered->data, "");
    EXPECT_EQ(answered->due_at, payment.operation.due_at);
    const auto nobody = OperationId::make(kNoon, payment.id.slot(), 5);
    EXPECT_FALSE(test::run(io, store.answered(payment.id, nobody)));
}

TEST_F(StoreTest, AMerchantSeesHisOwn) {
    const auto payment = draw(testing::wanted(), kNoon);
    create({payment});
    const auto stranger = MerchantId::make(kNoon, 0, 99);
    EXPECT_FALSE(test::run(io, store.load(stranger, payment.id)));
    EXPECT_TRUE(list(stranger, {}).empty());
    EXPECT_TRUE(test::run(io, store.load_of_any_merchant(payment.id)));
    EXPECT_FALSE(test::run(io, store.load_of_any_merchant(PaymentId::make(kNoon, 0, 1))));
}

TEST_F(StoreTest, PagesOfAListAreCompleteAndInOrder) {
    std::vector<Payment> payments;
    for (int i = 0; i < 120; ++i)  // Several in one millisecond, too.
        payments.push_back(draw(testing::wanted(), kNoon + std::chrono::milliseconds(i / 3)));
    std::vector<PaymentId> expected;
    for (const auto& payment : payments) expected.push_back(payment.id);
    std::ranges::sort(expected, std::greater());
    create(payments);
    for (const std::int64_t limit : {1, 7, 120, 500}) {
        std::vector<PaymentId> found;
        ListFilter filter{.limit = limit};
        while (true) {
            const auto page = list(testing::a_merchant(), filter);
            ASSERT_LE(page.size(), static_cast<std::size_t>(limit));
            for (const auto& payment : page) {
                found.push_back(payment.id);
                EXPECT_EQ(payment.orders.size(), 3U);
            }
            if (page.size() < static_cast<std::size_t>(limit)) break;
            filter.after = page.back().id;
        }
        EXPECT_EQ(found, expected) << limit;
    }
}

TEST_F(StoreTest, FiltersNarrowTheList) {
    for (int i = 0; i < 30; ++i) {
        auto wanted = testing::wanted(true);
        const auto currency = i % 3 == 0 ? "USD"_currency : "EUR"_currency;
        wanted.currency = currency;
        wanted.checkout_id = "chk_" + std::to_string(i % 5);
        wanted.orders = {{"o", "s", Money(100, currency)}};
        if (i % 10 == 0) wanted.merchant = MerchantId::make(kNoon, 0, 8);
        const auto payment = draw(std::move(wanted), kNoon + seconds(i));
        create({payment});
        if (i % 2 == 0) step(*settle(payment, testing::yes(), kNoon, random()));
    }
    const auto merchant = testing::a_merchant();
    const auto size = [&](ListFilter filter) {
        filter.limit = 100;
        return list(merchant, std::move(filter)).size();
    };
    EXPECT_EQ(size({}), 27U);
    EXPECT_EQ(list(MerchantId(), {.limit = 100}).size(), 30U);
    EXPECT_EQ(size({.currency = "USD"}), 9U);
    EXPECT_EQ(size({.checkout_id = "chk_1"}), 6U);
    EXPECT_EQ(size({.status = "authorized"}), 12U);
    EXPECT_EQ(size({.status = "processing"}), 15U);
    EXPECT_EQ(size({.status = "failed"}), 0U);
    EXPECT_EQ(size({.created_from = kNoon + seconds(25)}), 5U);
    EXPECT_EQ(size({.created_before = kNoon + seconds(25)}), 22U);
    EXPECT_EQ(size({.created_from = kNoon + seconds(11), .created_before = kNoon + seconds(13)}),
              2U);
    EXPECT_EQ(size({.status = "authorized", .currency = "USD", .checkout_id = "chk_4"}), 1U);
}

TEST_F(StoreTest, DueIsWhatHasComeOldestFirst) {
    std::vector<Payment> payments;
    for (int i = 0; i < 20; ++i) payments.push_back(draw(testing::wanted(), kNoon + seconds(i)));
    create(payments);
    step(*settle(payments[3], testing::yes(), kNoon, random()));  // Ended: never due again.
    const auto time = payments[10].operation.due_at;
    const auto due = test::run(io, store.due(time, 100));
    ASSERT_EQ(due.size(), 10U);
    EXPECT_TRUE(std::ranges::is_sorted(due, {}, &Due::due_at));
    EXPECT_EQ(due.back().operation, payments[10].operation.id);
    EXPECT_EQ(due.front().payment, payments[0].id);
    EXPECT_EQ(due.front().merchant, payments[0].merchant);
    EXPECT_EQ(test::run(io, store.due(time, 4)).size(), 4U);
    EXPECT_TRUE(test::run(io, store.due(kNoon, 100)).empty());
}

Task<> claim(Store& store, std::vector<Due> wanted, Instant until, std::vector<Due>& got) {
    got = co_await store.claim(std::move(wanted), until);
}

TEST_F(StoreTest, RivalClaimersGetEachOperationOnce) {
    std::vector<Payment> payments;
    for (int i = 0; i < 40; ++i) payments.push_back(draw(testing::wanted(), kNoon));
    create(payments);
    auto time = kNoon + seconds(60);
    for (int round = 0; round < 25; ++round) {
        const auto due = test::run(io, store.due(time, 100));
        ASSERT_EQ(due.size(), payments.size());
        const auto until = time + seconds(30);
        std::vector<Due> first, second, third;
        std::vector<Task<>> tasks;
        tasks.push_back(claim(store, due, until, first));
        tasks.push_back(claim(store, due, until + seconds(1), second));
        tasks.push_back(claim(store, {due.begin(), due.begin() + 9}, until, third));
        test::run_all(io, std::move(tasks));
        std::map<OperationId, int> claimed;
        for (const auto* list : {&first, &second, &third}) {
            for (const auto& one : *list) {
                ++claimed[one.operation];
                EXPECT_EQ(one.tries, round + 1);
            }
        }
        EXPECT_EQ(claimed.size(), payments.size());
        for (const auto& [operation, times] : claimed) EXPECT_EQ(times, 1) << operation.text();
        EXPECT_TRUE(test::run(io, store.due(time, 100)).empty());
        time = until + seconds(2);
    }
}

TEST_F(StoreTest, APostponementCountsOnlyForTheHolder) {
    const auto payment = draw(testing::wanted(), kNoon);
    create({payment});
    const auto due = test::run(io, store.due(kNoon + seconds(60), 1));
    const auto mine = test::run(io, store.claim(due, kNoon + seconds(100)));
    ASSERT_EQ(mine.size(), 1U);
    EXPECT_EQ(mine[0].due_at, kNoon + seconds(100));
    const auto due_at = [&] {
        return test::run(io, store.load_of_any_merchant(payment.id))->operation.due_at;
    };
    // My claim ended, and another took it.
    const auto theirs = test::run(io, store.claim(mine, kNoon + seconds(200)));
    ASSERT_EQ(theirs.size(), 1U);
    test::run(io, store.postpone(mine[0], kNoon + seconds(300)));
    EXPECT_EQ(due_at(), kNoon + seconds(200));
    EXPECT_TRUE(test::run(io, store.claim(mine, kNoon + seconds(400))).empty());
    test::run(io, store.postpone(theirs[0], kNoon + seconds(300)));
    EXPECT_EQ(due_at(), kNoon + seconds(300));
    EXPECT_TRUE(test::run(io, store.claim({}, kNoon)).empty());
}

TEST_F(StoreTest, TheSecretOfTheInstallationStays) {
    const auto secret = test::run(io, store.provider_key_secret());
    EXPECT_EQ(secret.size(), 32U);
    EXPECT_EQ(test::run(io, store.provider_key_secret()), secret);
}

}  // namespace
}  // namespace florin::payments
