#pragma once

// Says whether a world ended well. It compares what the provider did, what the database holds, what
// the books say and what clients were told, with arithmetic of its own.

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "payments/records.h"
#include "payments/shipping.h"
#include "simulator/dice.h"

namespace florin::simulator {

struct World;
struct Record;

// What a client hears about one request.
struct Reply {
    enum class Kind {
        yes,          // It ended well: final.
        no,           // It ended without effect: final, but for a flagged late success.
        open,         // 202: not known yet.
        refused,      // Refused before anything was stored.
        in_progress,  // 409: the first request is running.
        busy,         // 503, 500: ask again with the same key.
        reset,        // No answer.
    };
    Kind kind = Kind::reset;
    std::string data = {};  // The very bytes; of a refusal, its code.
    PaymentId payment = {};
    OperationId held = {};  // A refund that waits for a second person.
};

// Minor units above which refunds wait for a second person, in every world.
inline constexpr std::int64_t kRefundLimit = 300'00;

// When orders are released in every world, and how late that may be.
inline constexpr payments::ReleasePolicy kReleasePolicy{std::chrono::hours(1),
                                                        std::chrono::hours(3)};
inline constexpr std::chrono::hours kReleaseDelayMax{2};

std::string_view name(Reply::Kind kind);

// A client's request, by its key. All attempts of it are the same bytes, unless `is_reused`.
struct Request {
    payments::Scope scope;
    std::string key;
    std::uint8_t body = 0;  // Another number is another body.

    friend auto operator<=>(const Request&, const Request&) = default;
};

struct Tally {
    std::uint64_t payments = 0, operations = 0, effects = 0, crashes = 0, events = 0;
    std::uint64_t unknowns = 0;        // Operations whose outcome was not known for a while.
    std::uint64_t late_successes = 0;  // Flagged for a person, or given back.
    std::uint64_t lapsed = 0;          // Authorizations that ended at the provider.
    std::uint64_t returned = 0;        // Refunds that the bank sent back.
    std::uint64_t disputes = 0;
    std::uint64_t for_a_person = 0;  // Not found past the key's window.
    microseconds virtual_time{};
    std::uint64_t hash = 0;

    void add(const Tally& other);
};

class Judge {
public:
    explicit Judge(World& world) : world_(world) {}

    void sends(const Request& request);
    void hears(const Request& request, const Reply& reply);
    // Somebody takes operations over at `now`, by the world's clock.
    void watch_claim(const std::vector<payments::Due>& wanted, Instant now);
    // An authorization ends at the provider at this moment, and something was left of it.
    void watch_lapse(const connectors::Hint& hint);
    // A webhook with a wrong signature was taken.
    void forged_hook_was_taken() { fault("a forged webhook was taken"); }

    // An operation that may stay open: the provider has nothing of it and honours its key no more,
    // so that only a settlement file or a person can end it.
    bool is_for_a_person(const payments::Payment& payment,
                         const payments::Operation& operation) const;

    // At the end. What is wrong, in words; empty = nothing.
    std::vector<std::string> judge(Tally& tally);

private:
    struct Told {
        int sent = 0, heard = 0;
        bool yes = false, no = false;
        bool refused_alone = false;  // No other attempt was on its way.
        std::string bytes = {};
        PaymentId payment = {};
    };
    struct Truth {  // Of one provider key.
        int done = 0;
        std::int64_t amount = 0;
        connectors::Action action{};
        bool is_owned = false;
        bool was_held = false;  // An authorization that was canceled before it was known.
        bool is_returned = false;
    };
    // What the provider has of one payment, in minor units.
    struct Holdings {
        std::int64_t captured = 0, refunded = 0;  // Refunds that came back do not count.
        std::int64_t withdrawn = 0, fees = 0;     // By disputes, now.
    };

    void fault(std::string what);
    void collect_truth();
    bool is_broken_fence(const Record& record, const payments::Operation& operation) const;
    void judge_operation(const Record& record, const payments::Operation& operation, Tally& tally);
    void judge_counters(const Record& record);
    void judge_authorization(const Record& record);
    void judge_books(const Record& record);
    void judge_releases(const Record& record);
    void judge_approvals(const Record& record);
    void judge_disputes();
    void judge_orphans();
    void judge_told();

    World& world_;
    std::map<Request, Told> told_;
    std::unordered_map<std::string, Truth> truth_;
    std::unordered_map<std::string, Holdings> holdings_;  // By our id of the payment.
    std::set<OperationId> late_;                          // Operations that came late.
    std::vector<std::string> faults_;
};

}  // namespace florin::simulator
