// Goal: whatever is done to the books behind the back of the program is found and named. Method:
// honest books of three slots, sealed and anchored, with copies outside; then each way to spoil
// them, one at a time, and what must be said about it.

#include "ledger/verify.h"

#include <filesystem>
#include <fstream>

#include "ledger/anchorer.h"
#include "ledger/proof.h"
#include "tests/kit/ledger_session.h"

namespace florin::ledger {
namespace {

const Instant kNoon = test::kBookingNoon;
using Names = std::vector<std::string>;

constexpr std::array kTables = {"ledger_transaction", "ledger_entry", "ledger_block",
                                "ledger_anchor"};

class VerifyTest : public test::SealTest {
protected:
    void SetUp() override {
        for (int n = 0; n < 9; ++n) ids.push_back(add(3, kNoon));
        add(9, kNoon);
        seal();
        anchor();
        add(1000, kNoon);
        ids.push_back(add(3, kNoon));
        seal();
        anchor();
        for (const auto* table : kTables)
            database.execute(fmt::format("CREATE TABLE saved_{0} AS TABLE florin.{0}", table));
    }

    // Everything as it was after SetUp.
    void restore() {
        for (const auto* table : kTables)
            database.execute(fmt::format(
                "TRUNCATE florin.{0}; INSERT INTO florin.{0} SELECT * FROM saved_{0}", table));
    }
    std::string xid_of(std::size_t n) {
        return "(SELECT xid FROM florin.ledger_transaction WHERE id = " + quoted(n) + ")";
    }

    void seal() { test::run(io, sealer.seal(Instant::max())); }
    void anchor() { test::run(io, anchorer.anchor()); }

    Verified verified() {
        VerifyOptions options{
            .unsealed_before = now(), .keys = {key.public_key()}, .folder = folder.path()};
        return test::run(io, verify(io, database.conninfo(), options));
    }
    // What is found, each once, in order.
    Names flaws() {
        Names out;
        for (const auto& finding : verified().findings)
            if (out.empty() || out.back() != name(finding.flaw))
                out.emplace_back(name(finding.flaw));
        return out;
    }
    std::string quoted(std::size_t n) { return "'" + to_text(ids[n]) + "'"; }
    std::string copy_path(int number) {
        return folder.path() + fmt::format("/{:012}.checkpoint", number);
    }

    test::TempFolder folder;
    PrivateKey key{"test/ledger", std::string(32, 'k')};
    Sealer sealer{pool, {.n_max = 4}};
    Anchorer anchorer{pool, {.key = key, .folder = folder.path()}};
    std::vector<Uuid> ids;
};

TEST_F(VerifyTest, HonestBooksHaveNoFindings) {
    const auto found = verified();
    EXPECT_EQ(found.count, 0);
    EXPECT_TRUE(found.findings.empty());
    EXPECT_EQ(found.slots, kSlots);
    EXPECT_EQ(found.blocks, 6);  // 4 + 4 + 1 + 1 of slot 3, and two others.
    EXPECT_EQ(found.transactions, 12);
    EXPECT_EQ(found.anchors, 2);
    EXPECT_EQ(found.copies, 2);
}

TEST_F(VerifyTest, NamesTheTransaction) {
    struct Case {
        std::string flaw;
        std::size_t transaction;
        std::int64_t block;
        std::string statement;
    };
    const std::string transaction = "UPDATE florin.ledger_transaction SET ";
    const std::string leg = " WHERE slot = 3 AND transaction_id = ", id = " WHERE id = ";
    const std::vector<Case> cases = {
        {"transaction_changed", 5, 2,
         "UPDATE florin.ledger_entry SET amount = amount + 1" + leg + quoted(5) + " AND leg = 0"},
        {"transaction_changed", 6, 2,
         "UPDATE florin.ledger_entry SET reference_id = account_id" + leg + quoted(6)},
        {"transaction_changed", 2, 1, transaction + "kind = 'capturf'" + id + quoted(2)},
        {"transaction_changed", 8, 3,
         transaction + "recorded_at = recorded_at + interval '1 microsecond'" + id + quoted(8)},
        {"transaction_changed", 9, 4, transaction + "merchant_id = id" + id + quoted(9)},
        {"transaction_changed", 1, 1,
         "DELETE FROM florin.ledger_entry" + leg + quoted(1) + " AND leg = 1"},
        {"transaction_removed", 4, 2, "DELETE FROM florin.ledger_transaction" + id + quoted(4)},
        {"transaction_moved", 6, 2,
         transaction + "xid = CASE id WHEN " + quoted(6) + " THEN " + xid_of(7) + " ELSE " +
             xid_of(6) + " END WHERE id IN (" + quoted(6) + "," + quoted(7) + ")"},
    };
    for (const auto& [flaw, number, block, statement] : cases) {
        database.execute(statement);
        const auto found = verified();
        restore();
        ASSERT_EQ(found.count, 1) << statement;
        EXPECT_EQ(name(found.findings[0].flaw), flaw) << statement;
        EXPECT_EQ(found.findings[0].transaction, ids[number]) << statement;
        EXPECT_EQ(found.findings[0].slot, 3) << statement;
        EXPECT_EQ(found.findings[0].block, block) << statement;
    }
    EXPECT_EQ(verified().count, 0);
}

TEST_F(VerifyTest, NamesWhatCameLater) {
    const auto added = make_uuid7(kNoon, 3, 99);
    database.execute(
        "INSERT INTO florin.ledger_transaction (slot, id, merchant_id, source_id, kind,"
        " recorded_at, xid) SELECT slot, '" +
        to_text(added) +
        "', merchant_id, source_id, kind, recorded_at, xid FROM florin.ledger_transaction"
        " WHERE id = " +
        quoted(5));
    auto found = verified();
    ASSERT_EQ(found.count, 1);
    EXPECT_EQ(name(found.findings[0].flaw), "transaction_added");
    EXPECT_EQ(found.findings[0].transaction, added);
    EXPECT_EQ(found.findings[0].block, 2);
    restore();
    // An honest one that nobody has sealed.
    const auto unsealed = add(3, kNoon);
    found = verified();
    ASSERT_EQ(found.count, 1);
    EXPECT_EQ(name(found.findings[0].flaw), "transaction_unsealed");
    EXPECT_EQ(found.findings[0].transaction, unsealed);
    seal();
    EXPECT_EQ(verified().count, 0);
}

TEST_F(VerifyTest, NamesTheBlock) {
    const std::string of = " WHERE slot = 3 AND number = ";
    const std::string forge =
        "UPDATE florin.ledger_block SET leaves = set_byte(leaves, 20, get_byte(leaves, 20) # 1)";
    struct Case {
        Names flaws;
        std::string statement;
    };
    const std::vector<Case> cases = {
        // The anchors know them, too, unless it lay between two of them.
        {{"block_removed"}, "DELETE FROM florin.ledger_block" + of + "2"},
        {{"block_removed", "head_differs"}, "DELETE FROM florin.ledger_block" + of + "3"},
        {{"transaction_unsealed", "head_differs"}, "DELETE FROM florin.ledger_block" + of + "4"},
        {{"block_changed"}, forge + of + "2"},
        {{"block_changed"},
         "UPDATE florin.ledger_block SET root = decode(repeat('07', 32), 'hex')" + of + "2"},
        {{"block_changed", "chain_broken", "head_differs"},
         "UPDATE florin.ledger_block SET hash = decode(repeat('07', 32), 'hex')" + of + "3"},
        {{"block_changed"}, "UPDATE florin.ledger_block SET epoch = 5" + of + "1"},
    };
    for (const auto& [expected, statement] : cases) {
        database.execute(statement);
        EXPECT_EQ(flaws(), expected) << statement;
        restore();
    }
}

// Who may write to the database and knows the format forges a whole chain that fits. The anchors
// do not.
TEST_F(VerifyTest, AForgedChainDoesNotFitTheAnchors) {
    database.execute("UPDATE florin.ledger_entry SET amount = amount * 2 WHERE slot = 3");
    database.execute("DELETE FROM florin.ledger_block WHERE slot = 3");
    for (int n = 0; n < 4; ++n) seal();
    EXPECT_EQ(flaws(), Names{"head_differs"});
    // Without the anchors in the database the copies outside still know.
    database.execute("TRUNCATE florin.ledger_anchor");
    EXPECT_EQ(flaws(), Names{"anchor_copy_newer"});
    anchor();
    EXPECT_EQ(ask("SELECT count(*) FROM florin.ledger_anchor"), "0") << "no anchor on top of it";
    // Even who has the key cannot take back what was copied.
    Anchorer elsewhere(pool, {.key = key});
    test::run(io, elsewhere.anchor());
    EXPECT_EQ(flaws(), (Names{"anchor_copy_differs", "anchor_copy_newer"}));
}

TEST_F(VerifyTest, NamesTheAnchor) {
    struct Case {
        Names flaws;
        std::string statement;
    };
    const std::vector<Case> cases = {
        {{"anchor_removed"}, "DELETE FROM florin.ledger_anchor WHERE number = 1"},
        {{"anchor_copy_newer"}, "DELETE FROM florin.ledger_anchor WHERE number = 2"},
        {{"anchor_changed"},
         "UPDATE florin.ledger_anchor SET anchored_at = anchored_at + interval '1 s'"
         " WHERE number = 2"},
        {{"anchor_signature", "anchor_copy_differs"},
         "UPDATE florin.ledger_anchor SET note = replace(note, E'ledger\\n', E'ledges\\n')"
         " WHERE number = 2"},
    };
    for (const auto& [expected, statement] : cases) {
        database.execute(statement);
        EXPECT_EQ(flaws(), expected) << statement;
        restore();
    }
    std::filesystem::remove(copy_path(2));
    std::ofstream(copy_path(2)) << "test/ledger\n2\n\n";
    EXPECT_EQ(flaws(), Names{"anchor_copy_differs"});
}

TEST_F(VerifyTest, CopiesAreWrittenOnceAndCaughtUp) {
    std::filesystem::remove(copy_path(2));
    anchor();
    EXPECT_TRUE(std::filesystem::exists(copy_path(2))) << "caught up, though no head has moved";
    EXPECT_EQ(ask("SELECT count(*) FROM florin.ledger_anchor"), "2");
    EXPECT_FALSE(AnchorFiles(folder.path()).write(2, "other"));
    EXPECT_EQ(*AnchorFiles(folder.path()).read(2),
              ask("SELECT note FROM florin.ledger_anchor WHERE number = 2"));
    EXPECT_EQ(AnchorFiles(folder.path()).numbers(), (std::vector<std::int64_t>{1, 2}));
    EXPECT_THROW(AnchorFiles(folder.path() + "/none").numbers(), CopyFailed);
}

TEST_F(VerifyTest, EveryTransactionHasAProof) {
    const std::vector keys = {key.public_key()};
    for (const auto& id : ids) {
        const auto snapshot = test::run(io, Snapshot::open(io, database.conninfo()));
        const auto made = test::run(io, make_proof(*snapshot, OperationId(id)));
        ASSERT_TRUE(made) << made.error().detail;
        const auto read = read_proof(show(*made));
        ASSERT_TRUE(read);
        EXPECT_EQ(*read, *made);
        const auto checked = check_proof(*read, keys);
        ASSERT_TRUE(checked) << checked.error().detail;
        EXPECT_EQ(checked->id, id);
        EXPECT_EQ(checked->legs.size(), 2U);
        EXPECT_EQ(made->anchor.number, id == ids.back() ? 2 : 1);
        EXPECT_FALSE(check_proof(*read, {}));
        // Not one bit of the transaction can be another.
        for (std::size_t bit = 0; bit < read->transaction.size() * 8; bit += 13) {
            auto spoiled = *read;
            spoiled.transaction[bit / 8] =
                static_cast<char>(spoiled.transaction[bit / 8] ^ (1 << bit % 8));
            EXPECT_FALSE(check_proof(spoiled, keys)) << bit;
        }
    }
}

TEST_F(VerifyTest, AProofSaysWhyThereIsNone) {
    const auto code = [&](const Uuid& id) -> std::string {
        const auto snapshot = test::run(io, Snapshot::open(io, database.conninfo()));
        const auto made = test::run(io, make_proof(*snapshot, OperationId(id)));
        return made ? "" : made.error().code;
    };
    EXPECT_EQ(code(make_uuid7(kNoon, 3, 77)), "transaction_not_found");
    const auto late = add(3, kNoon);
    EXPECT_EQ(code(late), "not_sealed_yet");
    seal();
    EXPECT_EQ(code(late), "not_anchored_yet");
    anchor();
    EXPECT_EQ(code(late), "");
    database.execute("UPDATE florin.ledger_entry SET amount = 7 WHERE transaction_id = '" +
                     to_text(late) + "'");
    EXPECT_EQ(code(late), "ledger_changed");
}

}  // namespace
}  // namespace florin::ledger
