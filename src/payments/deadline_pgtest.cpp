// Goal: a dispute whose time has come is taken over by one process, again and again until what is
// due is written, and its timer follows what is known of it. Method: disputes of captured payments,
// rival claimers on a real PostgreSQL.

#include <random>
#include <set>

#include "payments/disputes.h"
#include "payments/engine.h"
#include "payments/reply.h"
#include "payments/store.h"
#include "payments/test_payment.h"
#include "tests/kit/test_database.h"

namespace florin::payments {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using testing::kNoon;

class DeadlineStore : public test::DatabaseTest {
protected:
    void SetUp() override { engine.start(scope); }

    void write(Change change) {
        payment = change.after;
        EXPECT_TRUE(test::run(io, engine.advance(std::move(change), deadline_in(minutes(1)))));
    }

    // A sale that has succeeded.
    void pay() {
        auto wanted = testing::wanted();
        wanted.key.key = std::to_string(random());
        const auto key = wanted.key;
        payment = open(std::move(wanted), {"stripe", "k"}, testing::kTiming, random());
        EXPECT_FALSE(test::run(io, engine.create(payment, key, deadline_in(minutes(1)))));
        write(*settle(payment, testing::yes(), kNoon, random()));
    }

    void reads(std::string status, Instant evidence_due_at, Instant at) {
        std::optional<Dispute> known;
        for (auto& one : disputes()) known = std::move(one);
        auto change = take_dispute(payment, {}, known,
                                   {.reference = "dp_1",
                                    .status = std::move(status),
                                    .reason = "fraudulent",
                                    .amount = payment.money(4000),
                                    .evidence_due_at = evidence_due_at},
                                   {}, at, random());
        ASSERT_TRUE(change && *change);
        write(std::move(**change));
    }

    std::vector<Dispute> disputes() { return test::run(io, store.disputes(payment.id)); }
    std::vector<DueDispute> claim(Instant at, Instant until) {
        return test::run(io, store.claim_disputes(at, until, 10));
    }

    std::mt19937_64 random{test::seed()};
    Engine engine{io, {.conninfo = database.conninfo(), .lanes = 2}};
    Store store{pool};
    Payment payment = testing::opened();
};

TEST_F(DeadlineStore, IsClaimedWhenItsTimeHasComeUntilItIsMet) {
    pay();
    reads("needs_response", kNoon + days(9), kNoon);
    const auto at = kNoon + days(2);
    EXPECT_TRUE(claim(at - minutes(1), at).empty()) << "too early";
    const auto claimed = claim(at, at + minutes(10));
    ASSERT_EQ(claimed.size(), 1U);
    EXPECT_EQ(claimed[0].payment, payment.id);
    EXPECT_EQ(claimed[0].dispute, disputes()[0].id);
    EXPECT_EQ(claimed[0].due_at, disputes()[0].due_at) << "what the claim is known by";
    EXPECT_TRUE(claim(at, at + minutes(10)).empty()) << "somebody has it";
    // Whoever took it died: the next one is due as if nothing had happened.
    EXPECT_EQ(claim(at + minutes(10), at + minutes(20)).size(), 1U);
    write(warn_of_deadline(payment, disputes()[0], at + minutes(10), random()));
    EXPECT_EQ(disputes()[0].due_at, kNoon + days(6));
    EXPECT_TRUE(claim(kNoon + days(6) - minutes(1), at).empty());
    reads("needs_response", kNoon + days(20), at + minutes(30));
    EXPECT_EQ(disputes()[0].due_at, kNoon + days(13)) << "the bank gives more time";
    reads("lost", Instant::max(), at + days(1));
    EXPECT_TRUE(claim(kNoon + days(99), Instant::max()).empty()) << "nothing is due any more";
}

TEST_F(DeadlineStore, OneOfManyWhoClaimGetsIt) {
    std::set<DisputeId> wanted, taken;
    for (int i = 0; i < 8; ++i) {
        pay();
        reads("inquiry", kNoon, kNoon);
        wanted.insert(disputes()[0].id);
    }
    std::vector<Task<>> rivals;
    const auto rival = [](Store& from, std::set<DisputeId>& into) -> Task<> {
        for (const auto& one : co_await from.claim_disputes(kNoon, kNoon + minutes(10), 10))
            EXPECT_TRUE(into.insert(one.dispute).second) << "twice";
    };
    for (int i = 0; i < 8; ++i) rivals.push_back(rival(store, taken));
    test::run_all(io, std::move(rivals));
    for (const auto& one : claim(kNoon, kNoon + minutes(10))) taken.insert(one.dispute);
    EXPECT_EQ(taken, wanted);
}

TEST_F(DeadlineStore, KnowsOfAReplyThatWaits) {
    pay();
    reads("needs_response", kNoon + days(9), kNoon);
    EXPECT_FALSE(disputes()[0].reply_waits);
    for (const std::string object : {"dp_of_others", "dp_1"}) {
        connectors::Hint hint{.id = reply_id(payment.id, object),
                              .type = "dispute.evidence",
                              .payment = payment.id.text(),
                              .about = connectors::About::reply,
                              .object = object};
        test::run(io, engine.receive("stripe", std::move(hint), "{}", kNoon));
        EXPECT_EQ(disputes()[0].reply_waits, object == "dp_1");
    }
    for (auto& event : test::run(io, store.claim_events(kNoon, Instant::max(), 10)))
        test::run(
            io, store.finish_event(std::move(event), EventState::dead, "refused", Instant::max()));
    EXPECT_FALSE(disputes()[0].reply_waits) << "nobody has heard it";
}

}  // namespace
}  // namespace florin::payments
