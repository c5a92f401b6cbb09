#pragma once

// Random bytes from the kernel. For ids and secrets; a test that wants to repeat itself uses
// std::mt19937_64 with a printed seed instead.

#include <cstdint>
#include <string>

namespace florin {

std::string random_bytes(std::size_t count);
// From a buffer that is refilled from the kernel; cheap enough for every id.
std::uint64_t random_u64();

}  // namespace florin
