// `florin journal`: what people have booked by hand.

#include "app/database.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"
#include "journal/show.h"
#include "journal/store.h"
#include "platform/async/run.h"

namespace florin::cli {
namespace {

using journal::Entry;
using journal::Line;

std::string side_of(const Line& line, bool is_debit) {
    if ((line.amount > 0) != is_debit) return "";
    return Money(is_debit ? line.amount : -line.amount, line.account.currency).decimal();
}

// What it takes back, or what took it back.
std::string fate_of(const Entry& entry) {
    if (entry.is_reversal()) return "reverses " + entry.reverses.text();
    if (entry.reversed_by != JournalEntryId()) return "reversed by " + entry.reversed_by.text();
    return "";
}

void print_table(const std::vector<Entry>& entries) {
    Table table({"entry", "at", "by", "account", "debit", "credit", "for", ""});
    for (const auto& entry : entries) {
        table.add({entry.id.text(), to_text(entry.at), entry.by.text(), entry.reason, "", "", "",
                   fate_of(entry)});
        for (const auto& line : entry.lines)
            table.add({"", "", "", line.account.text(), side_of(line, true), side_of(line, false),
                       line.reference.text(), ""});
    }
    print(entries.empty() ? "nothing was booked by hand" : table.text());
}

template <class Id>
Result<Id> parse_optional(const std::string& text, std::string_view option) {
    const auto id = Id::parse(text);
    if (id || text.empty()) return id.value_or(Id());
    return fail(Fault::invalid, "id_malformed",
                std::string(option) + " takes an id, " + std::string(Id::kPrefix) + "_...");
}

}  // namespace

Result<void> list_journal(const Options& options, const JournalWish& wanted) {
    TRY(const auto merchant, parse_optional<MerchantId>(wanted.merchant, "--merchant"));
    TRY(const auto after, parse_optional<JournalEntryId>(wanted.after, "--starting-after"));
    TRY(const auto database, app::Database::open(options.config));
    TRY_OK(app::ensure_schema(database));
    asio::io_context io(1);
    pg::Pool pool(io, database.conninfo(), 1);
    journal::Store store(pool);
    const auto found =
        run_to_end<std::vector<Entry>>(io, store.entries(merchant, after, wanted.limit));
    if (!options.json) {
        print_table(found);
        return {};
    }
    for (const auto& entry : found) {
        json::Writer out;
        journal::show(out, entry);
        print(out.text());
    }
    return {};
}

}  // namespace florin::cli
