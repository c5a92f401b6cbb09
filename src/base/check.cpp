#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace florin {

void fail_check(std::string_view fact, std::source_location where) {
    std::fprintf(stderr, "check failed: %.*s (%s:%u)\n", static_cast<int>(fact.size()), fact.data(),
                 where.file_name(), static_cast<unsigned>(where.line()));
    std::abort();
}

}  // namespace florin
