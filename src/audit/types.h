#pragma once

// The nouns of the audit. It shares no arithmetic with what it checks: amounts are digits as
// PostgreSQL's numeric writes them, in minor units, so that even a sum that no counter can hold is
// told as it is.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "domain/uuid.h"

namespace florin::audit {

// What to do about a finding: stop moving money, call a person at once, or look at it in the
// morning.
enum class Severity : std::uint8_t { halt, page, warn };
std::string_view name(Severity severity);

// One law, and the statement that finds what breaks it.
struct Check {
    std::string_view name;  // Stable: metrics, alarms and scripts know it.
    Severity severity;
    std::string_view invariant;  // One sentence.
    std::string_view query;      // src/audit/sql, on top of prelude.sql.
};

// Currency -> minor units, digits only. The empty currency: nobody can say which.
using Stakes = std::map<std::string, std::string>;

struct Finding {
    const Check* check = nullptr;
    Slot slot = 0;
    std::string payment;            // "pay_...", empty when it is about no single payment.
    std::string object, object_id;  // "transaction", "op_..."
    std::string what;               // Which property: "captured", "sum of entries".
    std::string expected, found;    // Amounts in minor units.
    std::string currency, at_stake;

    friend bool operator==(const Finding&, const Finding&) = default;
};

// What one check says about some slots.
struct Verdict {
    const Check* check = nullptr;
    std::int64_t count = 0;  // All findings; `findings` holds the first of them.
    std::vector<Finding> findings;
    Stakes at_stake;  // Of all of them.
};

// What all checks say about all slots: one verdict per check, in the order of the catalogue.
struct Report {
    std::vector<Verdict> verdicts;
    int steps = 0;
    double seconds = 0;

    std::int64_t count() const;
};

// "123" + "45" = "168". Digits only.
std::string add_digits(std::string_view a, std::string_view b);
// "12345" of EUR = "123.45"; as it is for an unknown currency.
std::string in_major_units(std::string digits, std::string_view currency);

// Adds a verdict about other slots; keeps at most `limit` findings.
void merge(Verdict& into, Verdict more, std::size_t limit);

// How many slots to look at next, so that a step takes about half a second: a big database is
// covered in short statements, a small one in few.
class Stride {
public:
    static constexpr double kStepSeconds = 0.5;
    static constexpr std::int64_t kRowsAtFirst = 50'000;

    // `rows`: about how many rows the database has. `most`: never more slots than that.
    Stride(std::int64_t rows, int most);

    int size() const { return size_; }
    void took(double seconds);
    // A statement ran out of time. False when there is nothing smaller to try.
    bool shrink();

private:
    int most_, size_;
};

}  // namespace florin::audit
