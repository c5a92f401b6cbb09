// florin ledger verify, proof, check-proof and keygen: what was sealed, and that it still is.

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "app/app.h"
#include "app/database.h"
#include "base/json.h"
#include "base/random.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"
#include "ledger/proof.h"
#include "ledger/verify.h"
#include "platform/async/run.h"
#include "platform/crypto/ed25519.h"

namespace florin::cli {
namespace {

using ledger::Finding;
using ledger::Verified;

constexpr std::chrono::seconds kSealedWithin{60};
constexpr std::size_t kProofFileMax = 64 << 20;

// Those of --public-key, and that of the configured private key.
Result<std::vector<ledger::PublicKey>> keys_of(const Options& options, const LedgerWish& wanted) {
    std::vector<ledger::PublicKey> out;
    for (const auto& text : wanted.keys) {
        TRY(auto key, ledger::PublicKey::parse(text));
        out.push_back(std::move(key));
    }
    TRY(const auto own, app::ledger_key_of(options.config));
    if (own) out.push_back(own->public_key());
    return out;
}

// A line every two seconds on stderr.
class Progress {
public:
    void operator()(const Verified& so_far) {
        if (monotonic_now() < next_) return;
        next_ = deadline_in(kPause);
        std::fprintf(stderr,
                     "verified %lld transactions in %lld blocks, %lld of %d slots, %lld anchors\n",
                     static_cast<long long>(so_far.transactions),
                     static_cast<long long>(so_far.blocks), static_cast<long long>(so_far.slots),
                     int{kSlots}, static_cast<long long>(so_far.anchors));
    }

private:
    static constexpr std::chrono::seconds kPause{2};
    Deadline next_ = deadline_in(kPause);
};

std::string transaction_of(const Finding& finding) {
    return finding.transaction == Uuid() ? "" : OperationId(finding.transaction).text();
}

bool is_of_slot(const Finding& finding) {
    return finding.anchor == 0 || finding.block != 0;
}

std::string show(const Verified& verified, bool signatures_checked) {
    json::Writer out;
    out.begin_object().field("object", "ledger_verification");
    out.field("transactions", verified.transactions).field("blocks", verified.blocks);
    out.field("anchors", verified.anchors).field("copies", verified.copies);
    out.field("signatures_checked", signatures_checked);
    out.field("findings_count", verified.count).key("findings").begin_array();
    for (const auto& one : verified.findings) {
        out.begin_object().field("code", name(one.flaw));
        if (is_of_slot(one)) out.field("slot", one.slot);
        if (one.block != 0) out.field("block", one.block);
        out.field_if("transaction", transaction_of(one));
        if (one.anchor != 0) out.field("anchor", one.anchor);
        out.field("detail", one.detail).end_object();
    }
    out.end_array().end_object();
    return std::move(out).text();
}

void print_report(const Verified& verified, bool signatures_checked) {
    Table table({"finding", "slot", "block", "transaction", "anchor", "what"});
    const auto number = [](std::int64_t n) { return n == 0 ? "" : std::to_string(n); };
    for (const auto& one : verified.findings)
        table.add({std::string(name(one.flaw)), is_of_slot(one) ? std::to_string(one.slot) : "",
                   number(one.block), transaction_of(one), number(one.anchor), one.detail});
    if (!verified.findings.empty()) print(table.text());
    const auto hidden = verified.count - static_cast<std::int64_t>(verified.findings.size());
    if (hidden > 0) print(fmt::format("and {} more", hidden));
    print(
        fmt::format("{} transactions in {} blocks, {} anchors, {} copies of them: {} findings, "
                    "{:.1f} s",
                    verified.transactions, verified.blocks, verified.anchors, verified.copies,
                    verified.count, verified.seconds));
    if (verified.anchors == 0 && verified.transactions > 0)
        print("no anchors: whoever rewrote all blocks would not be seen (set ledger_key_file)");
    else if (verified.anchors > 0 && !signatures_checked)
        print("no signature was checked: give --public-key, or ledger_key_file");
    if (verified.anchors > 0 && verified.copies == 0)
        print("no copy was compared: whoever has the key could have rewritten all (--anchors)");
}

Result<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string out;
    char buffer[1 << 16];
    while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
        out.append(buffer, static_cast<std::size_t>(in.gcount()));
        if (out.size() > kProofFileMax) break;
    }
    if (out.empty() || out.size() > kProofFileMax)
        return fail(Fault::not_found, "file_unreadable",
                    "cannot read '" + path + "', or it is empty or above 64 MB");
    return out;
}

Task<Result<ledger::Proof>> prove(asio::io_context& io, std::string conninfo, OperationId id) {
    const auto snapshot = co_await ledger::Snapshot::open(io, std::move(conninfo));
    co_return co_await ledger::make_proof(*snapshot, id);
}

Table facts_of(const ledger::StoredTransaction& transaction, const ledger::Proof& proof) {
    Table facts({"", ""});
    facts.add({"transaction", OperationId(transaction.id).text()});
    facts.add({"merchant", MerchantId(transaction.merchant).text()});
    facts.add({"kind", transaction.kind});
    facts.add({"recorded", to_text(transaction.recorded_at)});
    for (const auto& leg : transaction.legs)
        facts.add({fmt::format("leg {}", leg.number),
                   fmt::format("{} minor units, account {}, of {}", leg.amount,
                               to_text(leg.account), to_text(leg.reference))});
    facts.add({"block", fmt::format("{} of slot {}, place {} of {}", proof.block.number,
                                    proof.block.slot, proof.position + 1, proof.block.n)});
    facts.add({"anchor", fmt::format("{} of {}", proof.anchor.number, to_text(proof.anchor.at))});
    return facts;
}

}  // namespace

Result<int> verify_ledger(const Options& options, const LedgerWish& wanted) {
    TRY(auto keys, keys_of(options, wanted));
    const bool checks_signatures = !keys.empty();
    TRY(const auto database, app::Database::open(options.config));
    TRY_OK(app::ensure_schema(database));
    asio::io_context io(1);
    Progress progress;
    ledger::VerifyOptions how{.unsealed_before = now() - kSealedWithin,
                              .keys = std::move(keys),
                              .folder = wanted.folder,
                              .on_progress = progress};
    const auto verified = run_to_end(io, ledger::verify(io, database.conninfo(), std::move(how)));
    options.json ? print(show(verified, checks_signatures))
                 : print_report(verified, checks_signatures);
    return verified.count == 0 ? kOk : kConflict;
}

Result<void> prove_transaction(const Options& options, const LedgerWish& wanted) {
    // The id of an entry is its transaction's and the number of the leg: the proof holds all legs.
    const auto id = OperationId::parse(wanted.id.substr(0, wanted.id.find('.')));
    if (!id)
        return fail(Fault::not_found, "transaction_not_found",
                    "'" + wanted.id + "' is not the id of a transaction (op_...)");
    TRY(const auto database, app::Database::open(options.config));
    TRY_OK(app::ensure_schema(database));
    asio::io_context io(1);
    auto made = run_to_end(io, prove(io, database.conninfo(), *id));
    TRY(const auto proof, std::move(made));
    const auto transaction = ledger::decode(proof.transaction);
    print(options.json || !transaction ? ledger::show(proof)
                                       : facts_of(*transaction, proof).text());
    return {};
}

Result<void> check_ledger_proof(const Options& options, const LedgerWish& wanted) {
    TRY(const auto keys, keys_of(options, wanted));
    if (keys.empty())
        return fail(
            Fault::invalid, "no_public_key",
            "say whose signature counts: --public-key, as `florin ledger keygen` printed it");
    TRY(const auto text, read_file(wanted.file));
    TRY(const auto proof, ledger::read_proof(text));
    TRY(const auto transaction, ledger::check_proof(proof, keys));
    if (!options.json) {
        print(facts_of(transaction, proof).text());
        print("the proof is good");
        return {};
    }
    json::Writer out;
    out.begin_object().field("good", true);
    out.field("transaction", OperationId(transaction.id).text()).field("kind", transaction.kind);
    out.field("recorded_at", to_text(transaction.recorded_at));
    out.field("anchor", proof.anchor.number).field("anchored_at", to_text(proof.anchor.at));
    out.end_object();
    print(out.text());
    return {};
}

Result<void> make_ledger_key(const Options& options, const LedgerWish& wanted) {
    const auto name =
        wanted.name.empty() ? "florin.local/ledger-" + to_hex(random_bytes(4)) : wanted.name;
    if (!ledger::is_key_name(name))
        return fail(Fault::invalid, "ledger_key_malformed",
                    "a name has no spaces and no plus, and at most 200 letters");
    const ledger::PrivateKey key{name, random_bytes(crypto::kEd25519KeyBytes)};
    const auto text = key.text() + "\n";
    const int fd = open(wanted.file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const bool is_written =
        fd >= 0 && write(fd, text.data(), text.size()) == std::ssize(text) && fsync(fd) == 0;
    const auto why = errno;
    if (fd >= 0) close(fd);
    if (!is_written)
        return fail(Fault::conflict, "file_unwritable",
                    fmt::format("cannot write '{}': {}", wanted.file, strerror(why)));
    const auto public_key = key.public_key().text();
    print(options.json ? "{\"public_key\":\"" + public_key + "\"}" : public_key);
    std::fprintf(stderr,
                 "The private key is in %s: set ledger_key_file to it. Give the public key above "
                 "to whoever checks the books.\n",
                 wanted.file.c_str());
    return {};
}

}  // namespace florin::cli
