#pragma once

// How a process takes what is due so that no other takes it too. Citus finds rows over all shards
// and changes them by their keys, but does not do both at once: so it takes two statements.

#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "platform/pg/pool.h"

namespace florin::storage {

template <class Value>
Value value_of(const pg::Rows& rows, std::size_t row, int column) {
    if constexpr (std::is_same_v<Value, std::int16_t>)
        return rows.int16(row, column);
    else if constexpr (std::is_same_v<Value, std::string>)
        return std::string(rows.text(row, column));
    else if constexpr (std::is_same_v<Value, Instant>)
        return rows.time(row, column);
    else
        return rows.uuid(row, column);
}

// The rows' columns as arrays, one after the other.
template <class... Columns>
pg::Params arrays_of(const pg::Rows& rows) {
    std::tuple<std::vector<Columns>...> arrays;
    const auto take = [&]<std::size_t... N>(std::size_t row, std::index_sequence<N...>) {
        (std::get<N>(arrays).push_back(value_of<Columns>(rows, row, static_cast<int>(N))), ...);
    };
    for (std::size_t row = 0; row < rows.size(); ++row)
        take(row, std::index_sequence_for<Columns...>());
    pg::Params params;
    std::apply([&](const auto&... array) { (params.add(array), ...); }, arrays);
    return params;
}

// `due_sql` ($1 now, $2 limit) gives the slot, the other `Keys`, and the time that makes a row due;
// `claim_sql` (an array of each, then until) moves that time where it is still the same, and what
// it gives is the answer. Throws pg::Lost and pg::SqlError.
template <class... Keys>
// outlives: both statements are constants, as pg::Call wants them
Task<pg::Rows> claim(pg::Pool& pool, std::string_view due_sql, std::string_view claim_sql,
                     Instant now, Instant until, std::int64_t limit) {
    pg::Params question;
    question.add(now).add(limit);
    auto due = co_await pool.query(due_sql, std::move(question));
    if (due.empty()) co_return due;
    auto wanted = arrays_of<std::int16_t, Keys..., Instant>(due);
    wanted.add(until);
    co_return co_await pool.query(claim_sql, std::move(wanted));
}

}  // namespace florin::storage
