#include "base/random.h"

#include <sys/random.h>

#include <array>
#include <cstring>

#include "base/check.h"

namespace florin {
namespace {

void fill(void* out, std::size_t count) {
    auto* at = static_cast<char*>(out);
    while (count > 0) {
        const auto got = getrandom(at, count, 0);
        check(got > 0, "the kernel gives random bytes");
        at += got;
        count -= static_cast<std::size_t>(got);
    }
}

}  // namespace

std::string random_bytes(std::size_t count) {
    std::string out(count, '\0');
    fill(out.data(), count);
    return out;
}

std::uint64_t random_u64() {
    thread_local std::array<std::uint64_t, 256> pool;
    thread_local std::size_t left = 0;
    if (left == 0) {
        fill(pool.data(), sizeof pool);
        left = pool.size();
    }
    return pool[--left];
}

}  // namespace florin
