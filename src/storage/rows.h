#pragma once

// Rows as values, for the stores of modules.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/clock.h"
#include "domain/currencies.h"
#include "domain/ids.h"
#include "platform/pg/connection.h"

namespace florin::storage {

// A slot as its column has it.
inline std::int16_t slot_number(Slot slot) {
    return static_cast<std::int16_t>(slot);
}

// What the database cannot hold ends the process.
inline Currency stored_currency(std::string_view code) {
    const auto known = currency_from(code);
    check(known.has_value(), "a stored currency is in the table");
    return *known;
}

inline Hash stored_hash(std::string_view bytes) {
    Hash hash{};
    check(bytes.size() == hash.size(), "a stored hash has its length");
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    return hash;
}

// Reads the columns of one row from left to right.
class Reader {
public:
    Reader(const pg::Rows& rows, std::size_t row) : rows_(rows), row_(row) {}
    Reader(const pg::Rows& rows, std::size_t row, int first_column)
        : rows_(rows), row_(row), column_(first_column) {}
    bool boolean() { return rows_.boolean(row_, column_++); }
    std::int16_t int16() { return rows_.int16(row_, column_++); }
    std::int32_t int32() { return rows_.int32(row_, column_++); }
    std::int64_t int64() { return rows_.int64(row_, column_++); }
    std::string text() { return std::string(rows_.text(row_, column_++)); }
    Uuid uuid() { return {rows_.uuid(row_, column_++)}; }
    Instant time() { return rows_.time(row_, column_++); }
    std::vector<std::int64_t> int64s() { return rows_.int64s(row_, column_++); }
    Currency currency() { return stored_currency(rows_.text(row_, column_++)); }
    // `from` knows the words of an enum.
    template <class Word, class From>
    Word word(From from) {
        const auto known = from(rows_.text(row_, column_++));
        check(known.has_value(), "a stored word is one of ours");
        return static_cast<Word>(*known);
    }
    Hash hash() { return stored_hash(rows_.text(row_, column_++)); }

private:
    const pg::Rows& rows_;
    std::size_t row_;
    int column_ = 0;
};

}  // namespace florin::storage
