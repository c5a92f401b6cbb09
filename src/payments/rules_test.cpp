// Goal: every decision about a payment, the allowed and the forbidden. Method: a drawing of all
// outcomes in all states, and one test for each rule.

#include "payments/rules.h"

#include <gtest/gtest.h>

#include <random>

#include "payments/show.h"
#include "payments/test_payment.h"

namespace florin::payments {
namespace {

using namespace testing;
using connectors::NotFound;
using connectors::NotSent;
using connectors::Outcome;
using connectors::Pending;
using connectors::Unknown;
using operation::State;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Payment in_state(State state) {
    auto payment = opened();
    payment.operation.state = state;
    if (operation::is_settled(state)) {
        payment.doing.reset();
        payment.operation.due_at = Instant::max();
        payment.operation.ended_version = 1;
    }
    return payment;
}

const std::pair<std::string_view, Outcome> kOutcomes[] = {
    {"yes", yes()},
    {"no", no()},
    {"customer", Pending{"pi_1", "customer", "https://bank.example/3ds"}},
    {"provider", Pending{"pi_1", "provider", ""}},
    {"not sent", NotSent{"connect refused"}},
    {"unknown", Unknown{"no answer"}},
    {"not found", NotFound{}},
};

// "state + what was heard -> state event", only where something changes.
std::string drawing() {
    std::string out;
    for (std::size_t s = 0; s < operation::kStates; ++s) {
        const auto from = static_cast<State>(s);
        for (const auto& [heard, outcome] : kOutcomes) {
            const auto change = settle(in_state(from), outcome, kNoon, 1);
            if (!change) continue;
            out += fmt::format("{} + {} -> {} {}\n", operation::name(from), heard,
                               operation::name(change->after.operation.state), change->event_type);
        }
    }
    return out;
}

TEST(Settle, ChangesExactlyThis) {
    EXPECT_EQ(drawing(),
              "sending + yes -> succeeded payment.succeeded\n"
              "sending + no -> declined payment.failed\n"
              "sending + customer -> pending payment.requires_action\n"
              "sending + provider -> pending payment.pending\n"
              "sending + not sent -> not_sent payment.delayed\n"
              "sending + unknown -> unknown payment.outcome_unknown\n"
              "declined + yes -> succeeded payment.late_success\n"
              "pending + yes -> succeeded payment.succeeded\n"
              "pending + no -> declined payment.failed\n"
              "pending + customer -> pending payment.requires_action\n"
              "pending + provider -> pending payment.pending\n"
              "unknown + yes -> succeeded payment.succeeded\n"
              "unknown + no -> declined payment.failed\n"
              "unknown + customer -> pending payment.requires_action\n"
              "unknown + provider -> pending payment.pending\n"
              "unknown + not found -> not_found_wait payment.outcome_unknown\n"
              "not_found_wait + yes -> succeeded payment.succeeded\n"
              "not_found_wait + no -> declined payment.failed\n"
              "not_found_wait + customer -> pending payment.requires_action\n"
              "not_found_wait + provider -> pending payment.pending\n"
              "fencing + yes -> succeeded payment.succeeded\n"
              "fencing + no -> declined payment.failed\n"
              "reversing + no -> declined payment.failed\n");
}

TEST(Settle, EachKindOfOperationMovesItsOwnCounters) {
    struct Row {
        std::string_view title;
        Payment payment;
        Outcome outcome;
        std::string_view event, counters, status;
        bool books;
    };
    const Row rows[] = {
        {"sale, yes", opened(), yes(), "payment.succeeded", "10000/0/10000/0", "succeeded", true},
        {"sale, no", opened(), no(), "payment.failed", "0/0/0/0", "failed", false},
        {"authorize, yes", opened(true), yes(), "payment.authorized", "10000/0/0/0", "authorized",
         false},
        {"authorize, no", opened(true), no(), "payment.failed", "0/0/0/0", "failed", false},
        {"capture, yes", begun(Action::capture), yes(), "payment.succeeded", "10000/0/10000/0",
         "succeeded", true},
        {"capture, no", begun(Action::capture), no(), "payment.capture_failed", "10000/0/0/0",
         "authorized", false},
        {"cancel, yes", begun(Action::cancel), yes(), "payment.canceled", "10000/0/0/10000",
         "canceled", false},
        {"cancel, no", begun(Action::cancel), no(), "payment.cancel_failed", "10000/0/0/0",
         "authorized", false},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.title);
        const auto change = settle(row.payment, row.outcome, kNoon + seconds(1), 5);
        ASSERT_TRUE(change);
        EXPECT_EQ(change->event_type, row.event);
        EXPECT_EQ(counters(change->after), row.counters);
        EXPECT_EQ(name(status_of(change->after)), row.status);
        EXPECT_EQ(!change->postings.empty(), row.books);
        EXPECT_FALSE(change->after.doing);
        EXPECT_EQ(change->after.version, row.payment.version + 1);
        EXPECT_EQ(change->after.updated_at, kNoon + seconds(1));
    }
}

TEST(Settle, AnEndedOperationIsNeverLookedAtAgainAndItsVersionIsTheAnswer) {
    for (const auto& outcome : {yes(), no()}) {
        const auto change = settle(opened(), outcome, kNoon, 1);
        ASSERT_TRUE(change);
        EXPECT_EQ(change->after.operation.due_at, Instant::max());
        EXPECT_EQ(change->after.operation.ended_version, 2);
    }
}

TEST(Settle, KeepsTheEvidence) {
    const auto paid = settle(opened(), yes(), kNoon, 1)->after.operation;
    EXPECT_EQ(paid.provider_reference, "pi_1");
    EXPECT_EQ(paid.proof.kind, "answer");
    EXPECT_EQ(paid.proof.reference, "req_1");
    EXPECT_EQ(paid.proof.hash, "c0ffee");
    const auto refused = settle(opened(), no(), kNoon, 1)->after.operation;
    EXPECT_EQ(refused.decline_code, "card_declined");
    EXPECT_EQ(refused.decline_detail, "lost_card");
    EXPECT_EQ(refused.proof.reference, "req_2");
    const auto lost = settle(opened(), Unknown{"reset", true}, kNoon, 1)->after.operation;
    EXPECT_EQ(lost.why, "reset");
    EXPECT_TRUE(lost.review);
    EXPECT_TRUE(lost.proof.kind.empty()) << "silence proves nothing";
}

TEST(Settle, ADeclineWithoutReferenceKeepsTheOneThatWeHave) {
    const auto payment = begun(Action::capture);
    ASSERT_EQ(payment.operation.provider_reference, "pi_1");
    const connectors::Declined blank{"provider_account", "", "", {"answer", "", ""}};
    const auto change = settle(payment, blank, kNoon, 1);
    EXPECT_EQ(change->after.operation.provider_reference, "pi_1");
}

TEST(Settle, WhatTheCustomerMustDoIsShownUntilItEnds) {
    const Pending challenge{"pi_1", "customer", "https://bank.example/3ds"};
    const auto waiting = settle(opened(), challenge, kNoon, 1)->after;
    EXPECT_EQ(status_of(waiting), Status::requires_action);
    EXPECT_EQ(waiting.operation.next_action, "https://bank.example/3ds");
    EXPECT_EQ(waiting.operation.due_at, next_look(kNoon, 0, 1));
    const auto paid = settle(waiting, yes(), kNoon, 2)->after;
    EXPECT_TRUE(paid.operation.next_action.empty());
    EXPECT_TRUE(paid.waiting_for.empty());
}

TEST(Settle, NewsAboutAnUnknownOutcomeClearsWhatMadeItUnknown) {
    const auto lost = settle(opened(), Unknown{"reset"}, kNoon, 1)->after;
    EXPECT_EQ(settle(lost, yes(), kNoon, 2)->after.operation.why, "");
    EXPECT_EQ(settle(lost, no(), kNoon, 2)->after.operation.why, "");
}

TEST(Settle, WaitsAnewOnlyWhenTheProviderWaitsForSomethingElse) {
    const Pending challenge{"pi_1", "customer", "https://bank.example/3ds"};
    const auto waiting = settle(opened(), challenge, kNoon, 1)->after;
    EXPECT_FALSE(settle(waiting, challenge, kNoon, 2)) << "the same is no news";
    const auto later = settle(waiting, Pending{"pi_1", "provider", ""}, kNoon, 3);
    ASSERT_TRUE(later);
    EXPECT_EQ(status_of(later->after), Status::processing);
    EXPECT_EQ(later->after.operation.next_action, "");
}

TEST(Settle, CallsAPersonOnceAndStaysUnknown) {
    const auto lost = settle(opened(), Unknown{"reset"}, kNoon, 1)->after;
    const auto called = settle(lost, Unknown{"two charges", true}, kNoon, 2);
    ASSERT_TRUE(called);
    EXPECT_EQ(called->event_type, "payment.review_needed");
    EXPECT_TRUE(called->after.operation.review);
    EXPECT_EQ(called->after.operation.state, State::unknown);
    EXPECT_FALSE(settle(called->after, Unknown{"two charges", true}, kNoon, 3));
}

TEST(Settle, WaitsLongerEachTimeTheProviderIsAbsent) {
    auto payment = opened();
    payment.operation.tries = 3;
    const auto missed = settle(payment, NotSent{"refused"}, kNoon, 0)->after;
    EXPECT_EQ(missed.operation.due_at, next_look(kNoon, 3, 0));
}

TEST(AsCreated, IsThePaymentThatWasOpened) {
    for (const bool later : {false, true}) {
        const auto first = opened(later);
        const auto now_is = settle(first, yes(), kNoon + minutes(1), 1)->after;
        EXPECT_EQ(show(as_created(now_is, first.operation.id)), show(first));
    }
}

TEST(LateSuccess, IsParkedAndShownToAPersonWhileTheFirstAnswerStands) {
    for (const auto& first : {opened(), begun(Action::capture)}) {
        const bool is_capture = first.operation.kind == Action::capture;
        const auto refused = settle(first, no(), kNoon, 1)->after;
        const auto late = settle(refused, yes(), kNoon + minutes(1), 2);
        ASSERT_TRUE(late);
        EXPECT_EQ(late->event_type, "payment.late_success");
        EXPECT_TRUE(late->after.operation.review);
        EXPECT_EQ(late->after.operation.state, State::succeeded);
        EXPECT_EQ(late->after.operation.ended_version, refused.operation.ended_version);
        // A capture is what the shop wanted, and it must not be able to want it twice.
        EXPECT_EQ(counters(late->after), is_capture ? "10000/0/10000/0" : counters(refused));
        EXPECT_EQ(status_of(late->after), is_capture ? Status::succeeded : status_of(refused));
        EXPECT_EQ(late->after.operation.due_at, Instant::max());
        ASSERT_EQ(late->postings.size(), 1U);
        EXPECT_EQ(late->postings.at(0).kind, is_capture ? "capture" : "late_success");
        EXPECT_EQ(late->postings.at(0).legs.back().account.text(),
                  is_capture ? "escrow:EUR" : "unapplied:EUR");
        EXPECT_FALSE(settle(late->after, yes(), kNoon, 3)) << "it is told once";
    }
}

TEST(LateSuccess, OfWhatMovesNoMoneyBooksNothing) {
    for (const auto& first : {opened(true), begun(Action::cancel)}) {
        const auto refused = settle(first, no(), kNoon, 1)->after;
        const auto late = settle(refused, yes(), kNoon, 2);
        ASSERT_TRUE(late);
        EXPECT_TRUE(late->postings.empty());
        // An authorization that nobody will capture is given back; a cancellation is for a person.
        const bool goes_back = first.operation.kind == Action::authorize;
        EXPECT_EQ(late->after.operation.review, !goes_back);
        ASSERT_EQ(late->follow_ups.size(), goes_back ? 1U : 0U);
        if (goes_back) {
            EXPECT_EQ(late->follow_ups[0].kind, Action::release);
            EXPECT_EQ(late->follow_ups[0].about, "pi_1");
        }
    }
}

TEST(LateSuccess, GoesBackByItselfWhenTheBuyerHasPaidAnotherWay) {
    const auto failed = settle(opened(), no(), kNoon, 1)->after;
    const Wish again{.action = Action::sale, .method_type = "card", .method_token = "pm_card_amex"};
    const auto second =
        begin(failed, {}, again, {"stripe", "k2"}, {.key = "key-2"}, kTiming, 3)->after;
    EXPECT_EQ(second.method_token, "pm_card_amex");
    EXPECT_EQ(second.first_method_token, "pm_card_visa");
    EXPECT_EQ(status_of(second), Status::processing);
    auto paid = settle(second, yes(), kNoon, 4)->after;
    EXPECT_EQ(status_of(paid), Status::succeeded);
    paid.operation = failed.operation;  // The first attempt, as the store loads it.
    auto late = settle(paid, connectors::Succeeded{"pi_late", {}}, kNoon, 5);
    ASSERT_TRUE(late);
    EXPECT_EQ(late->event_type, "payment.late_success");
    EXPECT_EQ(counters(late->after), counters(paid)) << "paid once";
    ASSERT_EQ(late->follow_ups.size(), 1U);
    const auto& refund = late->follow_ups[0];
    EXPECT_EQ(refund.kind, Action::refund);
    EXPECT_EQ(refund.about, "pi_late");
    ASSERT_EQ(late->postings.size(), 2U);
    EXPECT_EQ(late->postings[0].kind, "late_success");
    EXPECT_EQ(late->postings[1].kind, "refund");
    EXPECT_EQ(late->postings[1].legs.front().account.text(), "unapplied:EUR");
    // Its end touches no counter of the payment, and suspense is empty again.
    auto begun = late->after;
    begun.operation = refund;
    const auto sent = send_again(begun, kTiming, 6);
    EXPECT_EQ(sent.event_type, "refund.started");
    EXPECT_EQ(order_of(sent.after, false).reference, "pi_late");
    const auto done = settle(sent.after, yes(), kNoon, 7);
    EXPECT_EQ(done->event_type, "refund.succeeded");
    EXPECT_EQ(done->after.counters.refunded, 0);
    EXPECT_EQ(done->postings.at(0).kind, "refund_paid");
}

TEST(Open, MakesAPaymentThatIsBornSending) {
    const auto payment = opened();
    EXPECT_EQ(payment.version, 1);
    EXPECT_EQ(payment.amount, 10000);
    EXPECT_EQ(payment.doing, Action::sale);
    EXPECT_EQ(status_of(payment), Status::processing);
    EXPECT_EQ(payment.operation.state, State::sending);
    EXPECT_EQ(payment.operation.kind, Action::sale);
    EXPECT_EQ(payment.operation.amount, 10000);
    EXPECT_EQ(payment.operation.provider_key, "provider-key");
    EXPECT_EQ(payment.operation.sent_at, kNoon);
    EXPECT_EQ(payment.operation.due_at, kNoon + seconds(30)) << "the lease";
    EXPECT_EQ(payment.operation.ended_version, 0);
    EXPECT_EQ(opened(true).doing, Action::authorize);
}

TEST(Open, PutsAllThatBelongsToAPaymentInTheSlotOfItsKey) {
    const auto payment = opened();
    const auto slot = slot_of(view(a_merchant().uuid()), "key-1");
    EXPECT_EQ(payment.id.slot(), slot);
    EXPECT_EQ(payment.operation.id.slot(), slot);
    std::set<Uuid> ids = {payment.id.uuid(), payment.operation.id.uuid()};
    for (const auto& order : payment.orders) {
        EXPECT_EQ(order.id.slot(), slot);
        ids.insert(order.id.uuid());
    }
    EXPECT_EQ(ids.size(), 5U) << "no id twice";
}

TEST(Begin, ACaptureReservesAllThatIsAuthorized) {
    const auto before = authorized();
    const auto change = begin(before, {}, {.action = Action::capture}, {"stripe", "k"},
                              {.key = "key-2"}, kTiming, 3);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->event_type, "payment.capture_started");
    EXPECT_EQ(change->scope, Scope::capture);
    EXPECT_EQ(change->key.key, "key-2");
    EXPECT_TRUE(change->operation_is_new);
    EXPECT_EQ(counters(change->after), "10000/10000/0/0");
    const auto& op = change->after.operation;
    EXPECT_NE(op.id, before.operation.id);
    EXPECT_EQ(op.id.slot(), before.id.slot());
    EXPECT_EQ(op.state, State::sending);
    EXPECT_EQ(op.provider_reference, "pi_1") << "the provider's payment that it captures";
    EXPECT_EQ(op.due_at, kNoon + seconds(30));
    EXPECT_EQ(op.ended_version, 0);
}

TEST(Begin, ACancellationReservesNothingAndIsSeenAsCanceling) {
    const auto payment = begun(Action::cancel);
    EXPECT_EQ(counters(payment), "10000/0/0/0");
    EXPECT_EQ(status_of(payment), Status::canceling);
    EXPECT_EQ(payment.operation.amount, 10000);
}

TEST(Begin, RefusesWhatTheStateForbids) {
    const auto settled = [](const Payment& payment, const Outcome& outcome) {
        return settle(payment, outcome, kNoon, 9)->after;
    };
    const auto captured = settled(begun(Action::capture), yes());
    const auto canceled = settled(begun(Action::cancel), yes());
    const auto failed = settled(opened(), no());
    struct Row {
        std::string_view title;
        Payment payment;
        Action action;
        std::string_view code;
    };
    const Row rows[] = {
        {"a sale under way", opened(), Action::capture, "operation_in_progress"},
        {"a capture under way", begun(Action::capture), Action::cancel, "operation_in_progress"},
        {"a cancel under way", begun(Action::cancel), Action::cancel, "operation_in_progress"},
        {"captured already", captured, Action::capture, "payment_not_capturable"},
        {"captured, cancel", captured, Action::cancel, "payment_not_cancelable"},
        {"canceled already", canceled, Action::capture, "payment_not_capturable"},
        {"failed, capture", failed, Action::capture, "payment_not_capturable"},
        {"failed, cancel", failed, Action::cancel, "payment_not_cancelable"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.title);
        const auto change =
            begin(row.payment, {}, {.action = row.action}, {"stripe", "k"}, {}, kTiming, 3);
        ASSERT_FALSE(change);
        EXPECT_EQ(change.error().code, row.code);
        EXPECT_EQ(change.error().fault, Fault::conflict);
        EXPECT_EQ(change.error().object, row.payment.id.text());
    }
}

TEST(Begin, MayTryAgainAfterADefiniteNo) {
    const auto refused = settle(begun(Action::capture), no(), kNoon, 9)->after;
    const auto again =
        begin(refused, {}, {.action = Action::capture}, {"stripe", "k"}, {}, kTiming, 3);
    ASSERT_TRUE(again);
    EXPECT_EQ(counters(again->after), "10000/10000/0/0");
    EXPECT_EQ(again->after.operation.decline_code, "") << "of the new operation";
}

TEST(Lose, AnExpiredLeaseMeansThatNobodyKnows) {
    const auto change = lose(opened(), kNoon + seconds(31), 1);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->event_type, "payment.outcome_unknown");
    EXPECT_TRUE(outcome_unknown(change->after));
    EXPECT_EQ(change->after.doing, Action::sale) << "nobody may pay again meanwhile";
    EXPECT_EQ(change->after.operation.ended_version, 0);
}

Payment not_sent() {
    return settle(opened(), NotSent{"connect refused"}, kNoon, 1)->after;
}

TEST(SendAgain, OnlyWhatWasNotSentUnderTheSameKey) {
    const Timing later{kNoon + seconds(2), seconds(30)};
    const auto change = send_again(not_sent(), later, 4);
    EXPECT_EQ(change.event_type, "payment.retried");
    EXPECT_EQ(change.after.operation.state, State::sending);
    EXPECT_EQ(change.after.operation.provider_key, "provider-key");
    EXPECT_EQ(change.after.operation.due_at, later.now + later.lease);
    EXPECT_FALSE(change.operation_is_new);
}

TEST(GiveUp, OnlyAfterFifteenMinutesAndWithAReason) {
    EXPECT_FALSE(give_up(not_sent(), kNoon + kNotSentAgeMax - seconds(1), 1));
    const auto change = give_up(not_sent(), kNoon + kNotSentAgeMax, 1);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->event_type, "payment.failed");
    EXPECT_EQ(change->after.operation.decline_code, "provider_unreachable");
    EXPECT_EQ(change->after.operation.proof.kind, "not_sent");
    EXPECT_EQ(change->after.operation.ended_version, change->after.version);
    EXPECT_EQ(change->after.operation.due_at, Instant::max());
}

TEST(GiveUp, ACaptureReleasesItsReservation) {
    const auto waiting = settle(begun(Action::capture), NotSent{"refused"}, kNoon, 1)->after;
    const auto change = give_up(waiting, kNoon + kNotSentAgeMax, 1);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->event_type, "payment.capture_failed");
    EXPECT_EQ(counters(change->after), "10000/0/0/0");
    EXPECT_EQ(status_of(change->after), Status::authorized);
}

TEST(NextLook, BacksOffToAnHourAndIsMovedByAtMostATenth) {
    const std::pair<int, seconds> rows[] = {
        {-1, seconds(2)},  {0, seconds(2)},   {1, seconds(10)},   {2, seconds(30)},
        {3, seconds(120)}, {4, seconds(600)}, {5, seconds(3600)}, {32767, seconds(3600)}};
    std::mt19937_64 random(1);
    for (const auto& [tries, base] : rows) {
        for (int i = 0; i < 100; ++i) {
            const auto wait = next_look(kNoon, tries, random()) - kNoon;
            EXPECT_GE(wait, base);
            EXPECT_LE(wait, base + base / 10.0);
        }
    }
}

TEST(OrderOf, ARequestSaysWhatTheOperationIs) {
    const auto order = order_of(begun(Action::capture), true);
    EXPECT_EQ(order.action, Action::capture);
    EXPECT_EQ(order.key, "second-key");
    EXPECT_EQ(order.amount, Money(10000, "EUR"_currency));
    EXPECT_EQ(order.reference, "pi_1");
    EXPECT_TRUE(order.is_replay);
}

// Only what proves that the account executed nothing leads to another one, and only from the first
// send.
TEST(Rules, AnotherAccountIsAskedOnlyAfterAProof) {
    const connectors::Outcome refused = connectors::Declined{"provider_account", "", "", {}};
    const connectors::Outcome missed = connectors::NotSent{"connect refused"};
    const auto reroute_of = [](const Payment& payment, const connectors::Outcome& outcome) {
        return reroute(payment, outcome, {"stripe_us", "key-1"}, kTiming, 9);
    };
    for (const auto& outcome : {refused, missed}) {
        for (const bool later : {false, true}) {
            const auto change = reroute_of(opened(later), outcome);
            ASSERT_TRUE(change);
            const auto& op = change->after.operation;
            EXPECT_EQ(change->event_type, "payment.rerouted");
            EXPECT_EQ(op.state, operation::State::sending);
            EXPECT_EQ(op.provider + ' ' + op.provider_key, "stripe_us key-1");
            EXPECT_EQ(op.generation, 1);
            EXPECT_EQ(op.id, opened(later).operation.id);
            EXPECT_TRUE(op.why.starts_with("stripe: ")) << op.why;
            EXPECT_EQ(show(as_created(change->after, op.id)), show(opened(later)));
            const auto again = reroute_of(change->after, outcome);
            ASSERT_TRUE(again);
            EXPECT_EQ(again->after.operation.generation, 2);
            EXPECT_EQ(again->after.first_provider, "stripe");
        }
        for (const auto& heard : {connectors::Outcome(connectors::Unknown{"no answer"}),
                                  connectors::Outcome(connectors::Pending{"pi_1", "provider", ""}),
                                  missed, yes(), no()})
            EXPECT_FALSE(reroute_of(settle(opened(true), heard, kNoon, 2)->after, outcome));
        for (const auto action : {Action::capture, Action::cancel})
            EXPECT_FALSE(reroute_of(begun(action), outcome));
    }
    for (const auto& outcome : {connectors::Outcome(connectors::Unknown{"no answer"}),
                                connectors::Outcome(connectors::Pending{"pi_1", "provider", ""}),
                                connectors::Outcome(connectors::NotFound{}), yes(), no()})
        EXPECT_FALSE(reroute_of(opened(), outcome));
}

}  // namespace
}  // namespace florin::payments
