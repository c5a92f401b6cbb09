// Journal entries: what finance people book by hand, and take back.

#include <algorithm>

#include "api/handlers.h"
#include "api/query.h"
#include "base/text.h"
#include "journal/rules.h"
#include "journal/show.h"
#include "platform/crypto/hash.h"

namespace florin::api {
namespace {

using journal::Entry;
using journal::Line;
using journal::Reference;

constexpr TextLimits kReason{.length_max = 500};
constexpr std::size_t kAccountLength = 128;

Result<JournalEntryId> read_id(const Call& call) {
    const auto id = JournalEntryId::parse(call.id);
    if (id) return *id;
    return fail(Fault::not_found, "journal_entry_not_found",
                "there is no journal entry '" + std::string(shorten(call.id, 64)) +
                    "': see /v1/journal_entries");
}

void add_error(Form& form, std::string_view pointer, const Error& error) {
    form.add_error(pointer, error.code, error.detail);
}

// Above zero for a debit, below for a credit; zero when there is a mistake, which is noted.
std::int64_t read_side(Form& form, Fields line, Currency currency) {
    const auto debit = line.optional_amount("debit"), credit = line.optional_amount("credit");
    if (debit.has_value() == credit.has_value()) {
        form.add_error(line.pointer(), "side_not_one",
                       "a line has either a debit or a credit: send one of them");
        return 0;
    }
    const auto pointer = line.pointer(debit ? "debit" : "credit");
    const auto amount = Money::parse(debit ? *debit : *credit, currency);
    if (!amount) {
        add_error(form, pointer, amount.error());
        return 0;
    }
    if (!amount->is_positive())
        form.add_error(pointer, "amount_not_positive", "send an amount above zero");
    return debit ? amount->minor() : -amount->minor();
}

Reference read_reference(Form& form, Fields line) {
    const auto text = line.optional_text("reference", {.length_max = 64});
    if (!text) return {};
    if (const auto id = PaymentId::parse(*text)) return Reference::to(*id);
    if (const auto id = PayoutId::parse(*text)) return Reference::to(*id);
    if (const auto id = JournalEntryId::parse(*text)) return Reference::to(*id);
    form.add_error(line.pointer("reference"), "reference_malformed",
                   "send the id of a payment, a payout or a journal entry, like pay_..., or leave "
                   "it out");
    return {};
}

// Nothing when there is a mistake, which is noted.
std::optional<Line> read_line(Form& form, Fields fields) {
    const auto name = fields.text("account", {.length_max = kAccountLength});
    auto account = ledger::AccountName::parse(name);
    if (!account)
        form.add_error(fields.pointer("account"), "account_unknown",
                       "there is no such account: names read psp_fees:stripe:EUR or unapplied:EUR; "
                       "the chart is in docs/ledger.md");
    const auto amount = read_side(form, fields, account ? account->currency : "EUR"_currency);
    auto reference = read_reference(form, fields);
    if (!account || amount == 0) return std::nullopt;
    Line line{std::move(*account), amount, std::move(reference)};
    if (const auto fine = journal::check_line(line); !fine) {
        const auto* field = fine.error().code == "reference_unfit" ? "reference" : "account";
        add_error(form, fields.pointer(field), fine.error());
    }
    return line;
}

struct Wanted {
    std::string reason;
    std::vector<Line> lines;
};

Result<Wanted> read_wanted(Form& form) {
    Fields root = form.root();
    Wanted wanted{.reason = root.text("reason", kReason)};
    const auto lines = root.list("lines", journal::kLinesMin, journal::kLinesMax);
    for (const auto& fields : lines)
        if (auto line = read_line(form, fields)) wanted.lines.push_back(std::move(*line));
    if (wanted.lines.size() == lines.size() && !lines.empty()) {
        const auto balanced = journal::check_balance(wanted.lines);
        if (!balanced) add_error(form, root.pointer("lines"), balanced.error());
    }
    TRY_OK(form.finish());
    return wanted;
}

// Looked up once, however many lines name it.
std::vector<Reference> references_of(const std::vector<Line>& lines) {
    std::vector<Reference> out;
    for (const auto& line : lines) {
        const auto& reference = line.reference;
        if (!reference.kind.empty() && std::ranges::find(out, reference) == out.end())
            out.push_back(reference);
    }
    return out;
}

Task<bool> exists(Services& services, MerchantId merchant, Reference reference) {
    if (reference.kind == PaymentId::kPrefix) {
        const auto id = PaymentId(reference.id);
        const auto found = co_await services.payment_store.load(merchant, id);
        co_return found.has_value();
    }
    if (reference.kind == PayoutId::kPrefix) {
        const auto id = PayoutId(reference.id);
        const auto found = co_await services.payouts.store().payout(merchant, id);
        co_return found.has_value();
    }
    const auto id = JournalEntryId(reference.id);
    const auto found = co_await services.journal.store().entry(merchant, id);
    co_return found.has_value();
}

// A reference that leads nowhere would never come to zero.
Task<Result<void>> check_references(Services& services, MerchantId merchant,
                                    std::vector<Line> lines) {
    for (const auto& reference : references_of(lines)) {
        if (co_await exists(services, merchant, reference)) continue;
        const auto line = std::ranges::find(lines, reference, &Line::reference) - lines.begin();
        Error error{Fault::invalid, "reference_unknown",
                    "there is no " + reference.text() + ": send an id of yours, or leave it out"};
        const auto pointer = "#/lines/" + std::to_string(line) + "/reference";
        error.fields.push_back({pointer, error.code, error.detail});
        co_return std::unexpected(std::move(error));
    }
    co_return Result<void>();
}

journal::Request request_of(const Call& call, const Form& form) {
    return {.merchant = call.caller.merchant,
            .by = call.caller.key,
            .key = call.client_key,
            .hash = crypto::sha256("POST " + call.target.path + "\n" + form.canonical()),
            .at = now()};
}

void show_entry(json::Writer& out, const Entry& entry) {
    journal::show(out, entry);
}

http::Response entry_response(int status, const Entry& entry) {
    json::Writer out;
    show_entry(out, entry);
    return json_response(status, std::move(out).text());
}

http::Response kept_response(const journal::Kept& kept) {
    auto response = entry_response(201, kept.entry);
    response.headers.add("Location", "/v1/journal_entries/" + kept.entry.id.text());
    if (!kept.is_new) response.headers.add("Idempotent-Replayed", "true");
    return response;
}

}  // namespace

Handled create_journal_entry(Services& services, Call call) {
    Form form(call.request.body);
    CO_TRY(auto wanted, read_wanted(form));
    CO_TRY_OK(co_await check_references(services, call.caller.merchant, wanted.lines));
    auto request = request_of(call, form);
    CO_TRY(const auto kept,
           co_await services.journal.book(std::move(request), std::move(wanted.reason),
                                          std::move(wanted.lines)));
    co_return kept_response(kept);
}

Handled reverse_journal_entry(Services& services, Call call) {
    CO_TRY(const auto id, read_id(call));
    Form form(call.request.body);
    Fields root = form.root();
    auto reason = root.text("reason", kReason);
    CO_TRY_OK(form.finish());
    auto request = request_of(call, form);
    CO_TRY(const auto kept,
           co_await services.journal.reverse(std::move(request), id, std::move(reason)));
    co_return kept_response(kept);
}

Handled get_journal_entry(Services& services, Call call) {
    CO_TRY(const auto id, read_id(call));
    CO_TRY(const auto entry, co_await services.journal.entry(call.caller.merchant, id));
    co_return entry_response(200, entry);
}

Handled list_journal_entries(Services& services, Call call) {
    Query query(call.target);
    const auto text = query.text("starting_after");
    const auto after = JournalEntryId::parse(text);
    if (!text.empty() && !after)
        query.add_error("starting_after", "cursor_malformed",
                        "send the id of a journal entry, jrn_...");
    const auto limit = query.limit();
    CO_TRY_OK(query.finish());
    auto found = co_await services.journal.store().entries(
        call.caller.merchant, after.value_or(JournalEntryId()), limit + 1);
    const bool more = found.size() > static_cast<std::size_t>(limit);
    if (more) found.pop_back();
    std::optional<std::string> next;
    if (more) next = found.back().id.text();
    co_return list_response(call.target.path, found, show_entry, more, next);
}

}  // namespace florin::api
