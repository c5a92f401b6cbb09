#pragma once

// What the watch knows already, so that each finding is told once until it changes.

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "audit/types.h"

namespace florin::audit {

class Known {
public:
    // More than this at once are one great fault: what comes on top is counted and not told one by
    // one.
    static constexpr std::size_t kKnownMax = 10'000;

    struct News {
        std::vector<Finding> fresh;  // New, or changed.
        std::vector<Finding> gone;
    };
    // What all checks say about the slots from first to last.
    News take(Slot first, Slot last, const std::vector<Verdict>& verdicts);

    const auto& findings() const { return findings_; }

private:
    using Key = std::tuple<Slot, std::string_view, std::string, std::string>;
    static Key key_of(const Finding& finding);

    std::map<Key, Finding> findings_;
};

}  // namespace florin::audit
