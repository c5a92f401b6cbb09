#pragma once

// Reads the query of a list, strictly: unknown names and unreadable values are mistakes, all of
// which are reported at once.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "platform/http/message.h"

namespace florin::api {

inline constexpr std::int64_t kLimitDefault = 20, kLimitMax = 100;

class Query {
public:
    explicit Query(const http::Target& target) : target_(target) {}

    std::string text(std::string_view name);  // Empty when absent.
    std::int64_t limit();                     // 1 to kLimitMax.
    // 0 when absent.
    std::int64_t whole(std::string_view name, std::int64_t least, std::int64_t most);
    std::optional<Instant> instant(std::string_view name);
    void add_error(std::string_view name, std::string_view code, std::string_view detail);
    // Names that nobody asked for, and names that stand twice, are reported here.
    Result<void> finish();

private:
    const http::Target& target_;
    std::vector<std::string> asked_;
    std::vector<FieldError> mistakes_;
};

}  // namespace florin::api
