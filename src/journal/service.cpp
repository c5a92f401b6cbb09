#include "journal/service.h"

#include <fmt/format.h>

#include "base/random.h"
#include "journal/rules.h"

namespace florin::journal {
namespace {

// Two requests that lock each other out are tried again, but not for ever.
constexpr int kRoundsMax = 10;

Entry entry_of(const Request& request, Slot slot, std::string reason) {
    return {.id = JournalEntryId::make(request.at, slot, random_u64()),
            .merchant = request.merchant,
            .by = request.by,
            .client_key = request.key,
            .request_hash = request.hash,
            .reason = std::move(reason),
            .at = request.at};
}

Result<Kept> answer(Entry earlier, const Request& request) {
    if (earlier.request_hash == request.hash) return Kept{std::move(earlier), false};
    auto refusal =
        fail(Fault::invalid, "idempotency_key_reused",
             "this Idempotency-Key was used with another request: send a new key with a new "
             "request, or the same request with this key");
    refusal.error().object = earlier.id.text();
    return refusal;
}

std::unexpected<Error> busy() {
    return fail(Fault::unavailable, "database_unavailable",
                "others book at the same moment: repeat the request with the same key");
}

}  // namespace

Task<Error> Service::too_small(Entry wanted) {
    const auto debts = co_await store_.debts(std::move(wanted));
    std::string owed;
    for (const auto& debt : debts)
        owed += fmt::format("{}{} is {} now", owed.empty() ? "" : ", ", debt.account.text(),
                            Money(debt.amount(), debt.account.currency).decimal());
    co_return Error{Fault::conflict, "debt_too_small",
                    "nothing was booked, for more would be written off than is owed: " + owed +
                        "; send at most that"};
}

Task<Result<Kept>> Service::book(Request request, std::string reason, std::vector<Line> lines) {
    const auto slot = slot_of_key(request.merchant, request.key);
    auto draft = entry_of(request, slot, std::move(reason));
    draft.lines = std::move(lines);
    const auto wanted = complete(std::move(draft));
    const JournalEntryId nothing;
    for (int round = 0; round < kRoundsMax; ++round) {
        auto earlier = co_await store_.entry_by_key(request.merchant, slot, nothing, request.key);
        if (earlier) co_return answer(std::move(*earlier), request);
        const auto written = co_await store_.write(wanted);
        if (written == Written::overdrawn) co_return std::unexpected(co_await too_small(wanted));
        if (written == Written::crossed) continue;
        Kept kept{wanted, true};
        co_return kept;
    }
    co_return busy();
}

Task<Result<Kept>> Service::reverse(Request request, JournalEntryId id, std::string reason) {
    const auto wanted = entry_of(request, id.slot(), std::move(reason));
    for (int round = 0; round < kRoundsMax; ++round) {
        auto earlier = co_await store_.entry_by_key(request.merchant, id.slot(), id, request.key);
        if (earlier) co_return answer(std::move(*earlier), request);
        CO_TRY(const auto original, co_await entry(request.merchant, id));
        CO_TRY_OK(check_reversible(original));
        auto reversal = reversal_of(original, wanted);
        const auto written = co_await store_.write(reversal);
        if (written == Written::overdrawn) co_return std::unexpected(co_await too_small(reversal));
        if (written == Written::crossed) continue;
        Kept kept{std::move(reversal), true};
        co_return kept;
    }
    co_return busy();
}

Task<Result<Entry>> Service::entry(MerchantId merchant, JournalEntryId id) {
    auto found = co_await store_.entry(merchant, id);
    if (found) co_return std::move(*found);
    auto refusal = fail(Fault::not_found, "journal_entry_not_found",
                        "there is no journal entry " + id.text() + ": see /v1/journal_entries");
    refusal.error().object = id.text();
    co_return refusal;
}

}  // namespace florin::journal
