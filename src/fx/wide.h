#pragma once

// Whole numbers of 128 bits, and the one way to round here.

#include <cstdint>

namespace florin::fx {

__extension__ using Wide = __int128;

// n from 0 to 38.
constexpr Wide power_of_ten(int n) {
    Wide power = 1;
    while (n-- > 0) power *= 10;
    return power;
}

// The whole number next to the fraction, of two that are equally near the even one. The numerator
// is not negative; the denominator is above zero and below 2^126.
constexpr Wide half_to_even(Wide numerator, Wide denominator) {
    const Wide below = numerator / denominator;
    const Wide twice = numerator % denominator * 2;
    const bool up = twice > denominator || (twice == denominator && below % 2 == 1);
    return below + (up ? 1 : 0);
}

}  // namespace florin::fx
