#include "journal/show.h"

namespace florin::journal {
namespace {

void show(json::Writer& out, const Line& line) {
    const bool is_debit = line.amount > 0;
    const Money amount(is_debit ? line.amount : -line.amount, line.account.currency);
    out.begin_object().field("account", line.account.text());
    out.field(is_debit ? "debit" : "credit", amount.decimal());
    out.field("reference", line.reference.text()).end_object();
}

}  // namespace

void show(json::Writer& out, const Entry& entry) {
    const auto field_or_null = [&](std::string_view name, const JournalEntryId& id) {
        out.key(name);
        id == JournalEntryId() ? out.null() : out.value(id.text());
    };
    out.begin_object().field("id", entry.id.text()).field("object", "journal_entry");
    out.field("reason", entry.reason).key("lines").begin_array();
    for (const auto& line : entry.lines) show(out, line);
    out.end_array();
    field_or_null("reverses", entry.reverses);
    field_or_null("reversed_by", entry.reversed_by);
    out.field("created_by", entry.by.text());
    out.field("transaction", OperationId(entry.id.uuid()).text());
    out.field("created_at", to_text(entry.at)).end_object();
}

}  // namespace florin::journal
