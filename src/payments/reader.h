#pragma once

// Rows as values. For store.cpp and dispute_store.cpp only.

#include <string>
#include <vector>

#include "base/clock.h"
#include "domain/uuid.h"
#include "platform/pg/connection.h"

namespace florin::payments {

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

private:
    const pg::Rows& rows_;
    std::size_t row_;
    int column_ = 0;
};

}  // namespace florin::payments
