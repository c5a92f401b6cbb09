#pragma once

// Rows as values. For the store's files only.

#include <string>

#include "base/check.h"
#include "payouts/store.h"

namespace florin::payouts {

inline std::int16_t slot_number(Slot slot) {
    return static_cast<std::int16_t>(slot);
}

// Reads the columns of one row from left to right.
class Reader {
public:
    Reader(const pg::Rows& rows, std::size_t row) : rows_(rows), row_(row) {}
    bool boolean() { return rows_.boolean(row_, column_++); }
    std::int16_t int16() { return rows_.int16(row_, column_++); }
    std::int32_t int32() { return rows_.int32(row_, column_++); }
    std::int64_t int64() { return rows_.int64(row_, column_++); }
    std::string text() { return std::string(rows_.text(row_, column_++)); }
    Uuid uuid() { return {rows_.uuid(row_, column_++)}; }
    Instant time() { return rows_.time(row_, column_++); }
    Currency currency() {
        const auto known = currency_from(rows_.text(row_, column_++));
        check(known.has_value(), "a stored currency is in the table");
        return *known;
    }
    template <class Word, class From>
    Word word(From from) {
        const auto known = from(rows_.text(row_, column_++));
        check(known.has_value(), "a stored word is one of ours");
        return static_cast<Word>(*known);
    }
    Hash hash() {
        const auto bytes = rows_.text(row_, column_++);
        Hash hash{};
        check(bytes.size() == hash.size(), "a stored hash has its length");
        std::copy(bytes.begin(), bytes.end(), hash.begin());
        return hash;
    }

private:
    const pg::Rows& rows_;
    std::size_t row_;
    int column_ = 0;
};

}  // namespace florin::payouts
