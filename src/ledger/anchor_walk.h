#pragma once

// The part of verify() that looks at the anchors, their signatures, and the copies outside.

#include <map>

#include "ledger/snapshot.h"
#include "ledger/verify.h"

namespace florin::ledger {

// What is found on the way.
struct Report {
    const VerifyOptions& options;
    Verified verified = {};

    void add(std::vector<Finding> found);
    void tell() const;
};

class AnchorWalk {
public:
    AnchorWalk(Snapshot& snapshot, const VerifyOptions& options, Report& report)
        : snapshot_(snapshot), options_(options), report_(report) {}

    Task<> run();

private:
    using Place = std::pair<Slot, std::int64_t>;

    // Learns the hashes of all blocks that these anchors name.
    Task<> learn(std::vector<StoredAnchor> page);
    void inspect(const StoredAnchor& stored);
    void inspect_note(const StoredAnchor& stored);
    void inspect_copy(const StoredAnchor& stored);
    void find_newer_copies();
    void add(Flaw flaw, std::int64_t anchor, std::string detail);

    Snapshot& snapshot_;
    const VerifyOptions& options_;
    Report& report_;
    Peaks tree_;
    std::map<Place, Hash>
        hashes_;  // Of blocks that stand now; those of a page, and the last heads.
    std::vector<std::int64_t> copies_;
};

}  // namespace florin::ledger
