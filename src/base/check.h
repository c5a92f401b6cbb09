#pragma once

// A fact that only a bug can break. Always on; a broken one ends the process, because a payments
// program that goes on after it does harm. Never for foreign input: that is Result.

#include <source_location>
#include <string_view>

namespace florin {

[[noreturn]] void fail_check(std::string_view fact, std::source_location where);

inline void check(bool holds, std::string_view fact,
                  std::source_location where = std::source_location::current()) {
    if (!holds) [[unlikely]]
        fail_check(fact, where);
}

}  // namespace florin
