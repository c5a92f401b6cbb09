#include "payments/dead_letters.h"

#include "base/random.h"
#include "base/text.h"
#include "payments/disputes.h"
#include "payments/show.h"

namespace florin::payments {
namespace {

constexpr int kRoundsMax = 10;
constexpr std::int64_t kHistoryMax = 1000;

std::unexpected<Error> missing(const std::string& id) {
    return fail(Fault::not_found, "dead_letter_not_found",
                "nothing waits for a person under '" + std::string(shorten(id, 100)) + "'");
}

void show_members(json::Writer& out, const DeadLetter& letter) {
    const bool is_operation = letter.is_operation();
    out.field("id", letter.id());
    out.field("object", "dead_letter");
    out.field("kind", is_operation ? "operation" : "provider_event");
    out.key("payment");
    letter.payment == PaymentId() ? out.null() : out.value(letter.payment.text());
    out.field("provider", letter.provider);
    out.field("type", is_operation ? connectors::name(static_cast<Action>(letter.operation_kind))
                                   : std::string_view(letter.type));
    out.field("state", is_operation ? operation::name(static_cast<operation::State>(letter.state))
                                    : std::string_view("dead"));
    out.field("tries", letter.tries);
    out.field("why", letter.why);
    out.field("created_at", to_text(letter.at));
}

}  // namespace

void show_dead_letter(json::Writer& out, const DeadLetter& letter) {
    out.begin_object();
    show_members(out, letter);
    out.end_object();
}

Task<std::vector<DeadLetter>> DeadLetters::list(MerchantId merchant, std::int64_t limit) {
    return store_.dead_letters(merchant, OperationId(), "", limit);
}

Task<Result<DeadLetter>> DeadLetters::find(MerchantId merchant, std::string id) {
    const auto operation = OperationId::parse(id);
    if (!operation && id.find(':') == std::string::npos) co_return missing(id);
    auto found = co_await store_.dead_letters(merchant, operation.value_or(OperationId()),
                                              operation ? "" : id, 1);
    if (found.empty()) co_return missing(id);
    co_return std::move(found.front());
}

Task<std::string> DeadLetters::show(DeadLetter letter) {
    json::Writer out;
    out.begin_object();
    show_members(out, letter);
    if (letter.is_operation()) {
        const auto payment = co_await store_.load(MerchantId(), letter.payment, letter.operation);
        out.key("history").begin_array();
        if (payment) {
            for (const auto& event : co_await store_.events(*payment, 0, kHistoryMax)) {
                if (event.operation != letter.operation) continue;
                out.begin_object().field("version", event.version).field("type", event.type);
                out.field("created_at", to_text(event.at));
                out.key("data").raw(event.data).end_object();
            }
        }
        out.end_array();
    } else {
        out.field("body", co_await store_.event_body(letter.provider, letter.event));
    }
    out.end_object();
    co_return std::move(out).text();
}

Task<Result<void>> DeadLetters::retry(DeadLetter letter) {
    if (!letter.is_operation()) {
        co_await store_.settle_event(letter.provider, letter.event, EventState::waiting, now(), "");
        co_return Result<void>();
    }
    if (co_await store_.retry_operation(letter.payment, letter.operation, now()))
        co_return Result<void>();
    co_return fail(Fault::conflict, "operation_ended",
                   "the operation " + letter.operation.text() +
                       " has ended, or is being sent: begin another one, and discard this");
}

Task<Result<void>> DeadLetters::discard(DeadLetter letter, std::string reason, Deadline deadline) {
    if (!letter.is_operation()) {
        co_await store_.settle_event(letter.provider, letter.event, EventState::discarded,
                                     Instant::max(), reason);
        co_return Result<void>();
    }
    for (int round = 0; round < kRoundsMax; ++round) {
        const auto payment = co_await store_.load(MerchantId(), letter.payment, letter.operation);
        if (!payment) co_return missing(letter.id());
        CO_TRY(auto change, dismiss(*payment, reason, now(), random_u64()));
        if (co_await engine_.advance(std::move(change), deadline)) co_return Result<void>();
    }
    co_return fail(Fault::conflict, "payment_is_busy",
                   "many requests change the payment at once: try again");
}

}  // namespace florin::payments
