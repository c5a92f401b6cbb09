// Goal: nobody misses the time for evidence without having been warned, nobody is warned twice, and
// a dispute is called expired only when the provider says so. Method: tables of times, and a
// dispute of a captured payment that is read, warned of and looked at over its life.

#include "payments/deadline.h"

#include <gtest/gtest.h>

#include "payments/disputes.h"
#include "payments/test_payment.h"

namespace florin::payments {
namespace {

using dispute::Status;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;
using testing::kNoon;

constexpr auto kOver = Instant::max();

Dispute dispute_of(Status status, Instant evidence_due_at, Instant due_at) {
    return {.status = status, .evidence_due_at = evidence_due_at, .due_at = due_at};
}

TEST(Deadline, WhatIsDue) {
    const auto end = kNoon + days(9);
    struct Line {
        Status status;
        bool reply_waits;
        Instant at;
        DeadlineChore chore;
    };
    for (const auto& line : {
             Line{Status::needs_response, false, end - seconds(1), DeadlineChore::warn},
             Line{Status::needs_response, false, end, DeadlineChore::look},
             Line{Status::inquiry, false, end - days(3), DeadlineChore::warn},
             Line{Status::inquiry, false, end + days(3), DeadlineChore::look},
             Line{Status::needs_response, true, end - seconds(1), DeadlineChore::none},
             Line{Status::needs_response, true, end, DeadlineChore::none},
             Line{Status::under_review, false, end - seconds(1), DeadlineChore::none},
             Line{Status::expired, false, end, DeadlineChore::none},
             Line{Status::lost, false, end, DeadlineChore::none},
         }) {
        auto dispute = dispute_of(line.status, end, kOver);
        dispute.reply_waits = line.reply_waits;
        EXPECT_EQ(chore_of(dispute, line.at), line.chore) << name(line.status);
    }
    const auto endless = dispute_of(Status::needs_response, Instant::max(), kOver);
    EXPECT_EQ(chore_of(endless, end), DeadlineChore::none);
}

TEST(Deadline, WarnsSevenThreeAndOneDayBefore) {
    struct Line {
        Instant::duration left;  // When we hear of it.
        std::vector<Instant::duration> warned;
    };
    for (const auto& [left, warned] : {
             Line{days(30), {days(7), days(3), days(1)}},
             Line{days(7), {days(7), days(3), days(1)}},
             Line{days(5), {days(5), days(3), days(1)}},
             Line{days(3), {days(3), days(1)}},
             Line{days(2), {days(2), days(1)}},
             Line{hours(3), {hours(3)}},
             Line{seconds(0), {}},
             Line{-days(1), {}},
         }) {
        const auto end = kNoon + left;
        auto dispute = dispute_of(Status::needs_response, end, kOver);
        dispute.due_at = next_chore(std::nullopt, dispute, kNoon);
        std::vector<Instant::duration> seen;
        while (chore_of(dispute, dispute.due_at) == DeadlineChore::warn) {
            seen.push_back(end - dispute.due_at);
            dispute.due_at = chore_after_warning(dispute, dispute.due_at);
        }
        EXPECT_EQ(seen, warned) << "heard of " << left.count() << " us before the end";
        EXPECT_EQ(dispute.due_at, std::max(kNoon, end));
    }
}

TEST(Deadline, ALateWarningTakesTheOthersWithIt) {
    const auto dispute = dispute_of(Status::inquiry, kNoon + days(2), kNoon - days(5));
    EXPECT_EQ(chore_after_warning(dispute, kNoon), kNoon + days(1));
    EXPECT_EQ(chore_after_warning(dispute, kNoon + days(1)), kNoon + days(2));
}

TEST(Deadline, ANewEndBeginsAnewAndTheSameGoesOn) {
    const auto known = dispute_of(Status::needs_response, kNoon + days(9), kNoon + days(6));
    struct Line {
        Status status;
        Instant evidence_due_at, due_at;
    };
    for (const auto& line : {
             Line{Status::needs_response, kNoon + days(9), kNoon + days(6)},
             Line{Status::needs_response, kNoon + days(20), kNoon + days(13)},
             Line{Status::needs_response, kNoon + days(1), kNoon},
             Line{Status::needs_response, Instant::max(), kOver},
             Line{Status::inquiry, kNoon + days(9), kNoon + days(6)},
             Line{Status::under_review, kNoon + days(9), kOver},
             Line{Status::expired, kNoon - days(1), kOver},
             Line{Status::won, Instant::max(), kOver},
         }) {
        const auto dispute = dispute_of(line.status, line.evidence_due_at, kOver);
        EXPECT_EQ(next_chore(known, dispute, kNoon), line.due_at) << name(line.status);
    }
}

TEST(Deadline, WhatTheProvidersWordMeansAfterIt) {
    struct Line {
        std::optional<Status> known;
        Status told;
        Instant::duration left;
        Status heard;
    };
    for (const auto& line : {
             Line{Status::needs_response, Status::needs_response, seconds(1),
                  Status::needs_response},
             Line{Status::needs_response, Status::needs_response, seconds(0), Status::expired},
             Line{Status::inquiry, Status::inquiry, seconds(0), Status::expired},
             Line{Status::inquiry, Status::needs_response, seconds(0), Status::expired},
             Line{Status::needs_response, Status::under_review, seconds(0), Status::under_review},
             Line{Status::needs_response, Status::lost, seconds(0), Status::lost},
             Line{Status::expired, Status::needs_response, seconds(0), Status::expired},
             Line{Status::expired, Status::inquiry, -days(3), Status::expired},
             Line{Status::expired, Status::needs_response, seconds(1), Status::needs_response},
             Line{Status::expired, Status::lost, seconds(0), Status::lost},
             // One story at a time: the next look finds that it is over.
             Line{std::nullopt, Status::needs_response, -days(1), Status::needs_response},
             Line{Status::under_review, Status::needs_response, -days(1), Status::needs_response},
         }) {
        std::optional<Dispute> known;
        if (line.known) known = dispute_of(*line.known, kNoon, kOver);
        EXPECT_EQ(name(status_heard(known, line.told, kNoon + line.left, kNoon)), name(line.heard))
            << (line.known ? name(*line.known) : "new") << ", told " << name(line.told);
    }
    auto answered = dispute_of(Status::needs_response, kNoon, kNoon);
    answered.reply_waits = true;
    EXPECT_EQ(status_heard(answered, Status::needs_response, kNoon, kNoon), Status::needs_response);
}

// What the provider says, taken into a captured payment of 100.00 EUR.
class Deadlines : public ::testing::Test {
protected:
    std::string reads(std::string status, Instant evidence_due_at, Instant at) {
        const auto change = take_dispute(payment, {}, known,
                                         {.reference = "dp_1",
                                          .status = std::move(status),
                                          .reason = "fraudulent",
                                          .amount = payment.money(4000),
                                          .evidence_due_at = evidence_due_at},
                                         {}, at, ++random);
        EXPECT_TRUE(change);
        return take(*change);
    }
    std::string is_warned(Instant at) {
        return take(warn_of_deadline(payment, *known, at, ++random));
    }
    std::string take(const std::optional<Change>& change) {
        if (!change) return "";
        EXPECT_EQ(change->after.version, payment.version + 1);
        EXPECT_EQ(change->dispute->version, change->after.version);
        EXPECT_EQ(change->dispute->updated_at, change->after.updated_at);
        payment = change->after;
        known = change->dispute;
        return change->event_type;
    }

    Payment payment = settle(testing::begun(Action::capture), testing::yes(), kNoon, 1)->after;
    std::optional<Dispute> known;
    std::uint64_t random = 10;
};

TEST_F(Deadlines, FromTheFirstWarningToTheEndAndBack) {
    const auto end = kNoon + days(9);
    EXPECT_EQ(reads("needs_response", end, kNoon), "dispute.opened");
    EXPECT_EQ(known->due_at, end - days(7));
    EXPECT_EQ(is_warned(end - days(7)), "dispute.response_due");
    EXPECT_EQ(known->due_at, end - days(3));
    EXPECT_EQ(reads("needs_response", end, end - days(6)), "") << "no news moves no timer";
    EXPECT_EQ(reads("needs_response", end, end), "dispute.expired");
    EXPECT_EQ(known->due_at, kOver);
    EXPECT_EQ(known->evidence_due_at, end) << "so that everybody can see when it was";
    EXPECT_EQ(reads("needs_response", end, end + days(1)), "") << "not back and forth";
    const auto later = end + days(5);
    EXPECT_EQ(reads("needs_response", later, end + days(1)), "dispute.needs_response");
    EXPECT_EQ(known->due_at, end + days(1)) << "fewer than seven days: a warning at once";
    EXPECT_EQ(is_warned(end + days(1)), "dispute.response_due");
    EXPECT_EQ(reads("under_review", later, end + days(2)), "dispute.evidence_taken");
    EXPECT_EQ(known->due_at, kOver);
}

TEST_F(Deadlines, OfAnInquiry) {
    EXPECT_EQ(reads("inquiry", kNoon + days(2), kNoon), "dispute.opened");
    EXPECT_EQ(is_warned(kNoon), "dispute.response_due");
    EXPECT_EQ(reads("inquiry", kNoon + days(2), kNoon + days(2)), "dispute.expired");
    EXPECT_EQ(reads("inquiry", kNoon + days(9), kNoon + days(2)), "dispute.inquiry_reopened");
    EXPECT_EQ(known->due_at, kNoon + days(2));
}

TEST_F(Deadlines, AnEndThatWasOverBeforeWeHeardOfIt) {
    EXPECT_EQ(reads("needs_response", kNoon - days(1), kNoon), "dispute.opened");
    EXPECT_EQ(known->due_at, kNoon) << "looked at once more, at once";
    EXPECT_EQ(chore_of(*known, kNoon), DeadlineChore::look);
    EXPECT_EQ(reads("needs_response", kNoon - days(1), kNoon), "dispute.expired");
    EXPECT_EQ(reads("lost", kNoon - days(1), kNoon), "dispute.lost");
    EXPECT_EQ(known->evidence_due_at, kOver);
}

}  // namespace
}  // namespace florin::payments
