#include "base/clock.h"

namespace florin {

Instant now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
}

Deadline monotonic_now() {
    return std::chrono::steady_clock::now();
}

Deadline deadline_in(std::chrono::milliseconds time) {
    return monotonic_now() + time;
}

}  // namespace florin
