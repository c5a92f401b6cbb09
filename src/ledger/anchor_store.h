#pragma once

// Anchors in the database, and their copies as files. The statements are made and read here, so
// that who verifies can run them in a transaction of its own.

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "ledger/merkle.h"
#include "ledger/seal.h"
#include "platform/pg/pool.h"

namespace florin::ledger {

// An anchor as it is stored.
struct StoredAnchor {
    Anchor anchor;
    std::string heads;  // Packed.
    std::string peaks;  // Of the tree before it; 32 bytes each.
    std::string note;

    // The tree before it; nothing when the peaks do not fit the number.
    std::optional<Peaks> tree() const;
};

// The anchor that follows `before` (nothing: the first one), unsigned: its note is empty.
StoredAnchor next_anchor(const std::optional<StoredAnchor>& before, const std::vector<Head>& heads,
                         Instant at);
// The tree with the anchor itself. The anchor's peaks fit its number.
Peaks tree_with(const StoredAnchor& anchor);
Hash root_of(const std::vector<Head>& heads);

pg::Call anchors_call(std::int64_t above, std::int64_t limit);
pg::Call last_anchor_call();
std::vector<StoredAnchor> read_anchors(const pg::Rows& rows);
pg::Call heads_call();
// The hashes of these blocks, whatever theirs say.
pg::Call hashes_call(const std::vector<Head>& blocks);
std::vector<Head> read_heads(const pg::Rows& rows);

class AnchorStore {
public:
    explicit AnchorStore(pg::Pool& pool) : pool_(pool) {}

    Task<std::optional<StoredAnchor>> last();
    Task<std::vector<StoredAnchor>> above(std::int64_t number, std::int64_t limit);
    Task<std::vector<Head>> heads();
    // False when somebody else was first with the number.
    Task<bool> add(StoredAnchor anchor);

private:
    pg::Pool& pool_;
};

// The folder of copies cannot be read or written.
struct CopyFailed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The copies: a folder with one file for each anchor, which is written once and never replaced. It
// is meant for a disk, or a bucket, that the database's administrator cannot write to.
class AnchorFiles {
public:
    explicit AnchorFiles(std::string folder) : folder_(std::move(folder)) {}

    // Ascending. Throws CopyFailed when the folder cannot be read.
    std::vector<std::int64_t> numbers() const;
    // 0 when there is none.
    std::int64_t last() const;
    // Nothing when there is no such file, or one that cannot be a note.
    std::optional<std::string> read(std::int64_t number) const;
    // False when there is one already, whatever is in it. Throws CopyFailed.
    bool write(std::int64_t number, const std::string& note) const;

private:
    std::string path_of(std::int64_t number) const;
    std::string folder_;
};

}  // namespace florin::ledger
