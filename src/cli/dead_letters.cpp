// florin dlq: what only a person can bring further.

#include "payments/dead_letters.h"

#include "app/database.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"
#include "platform/async/run.h"

namespace florin::cli {
namespace {

using payments::DeadLetter;
using payments::DeadLetters;

// The scope ends with the task, however that ended.
template <class T>
Task<T> close_after(TaskScope& scope, Task<T> task) {
    std::exception_ptr failure;
    std::optional<T> answer;
    try {
        answer.emplace(co_await std::move(task));
    } catch (...) {
        failure = std::current_exception();
    }
    co_await scope.close();
    if (failure) std::rethrow_exception(failure);
    co_return std::move(*answer);
}

// Runs one task with an engine of its own, which ends with it.
template <class T, class Work>
Result<T> with_dead_letters(const Options& options, Work work) {
    TRY(const auto database, app::Database::open(options.config));
    TRY_OK(app::ensure_schema(database));
    asio::io_context io(1);
    pg::Pool pool(io, database.conninfo(), 1);
    payments::Store store(pool);
    payments::Engine engine(io, {.conninfo = database.conninfo(), .lanes = 1});
    DeadLetters letters(store, engine);
    TaskScope scope(io);
    engine.start(scope);
    return run_to_end(io, close_after<T>(scope, work(letters)));
}

Task<Result<std::string>> show_one(DeadLetters& letters, std::string id) {
    CO_TRY(auto letter, co_await letters.find(MerchantId(), std::move(id)));
    co_return co_await letters.show(std::move(letter));
}

Task<Result<void>> retry_one(DeadLetters& letters, std::string id) {
    CO_TRY(auto letter, co_await letters.find(MerchantId(), std::move(id)));
    co_return co_await letters.retry(std::move(letter));
}

Task<Result<void>> discard_one(DeadLetters& letters, std::string id, std::string reason) {
    CO_TRY(auto letter, co_await letters.find(MerchantId(), std::move(id)));
    co_return co_await letters.discard(std::move(letter), std::move(reason),
                                       deadline_in(std::chrono::seconds(30)));
}

}  // namespace

Result<void> list_dead_letters(const Options& options, int limit) {
    TRY(const auto found, with_dead_letters<std::vector<DeadLetter>>(options, [&](DeadLetters& l) {
            return l.list(MerchantId(), limit);
        }));
    Table table({"id", "what", "payment", "tries", "since", "why"});
    for (const auto& letter : found) {
        json::Writer out;
        payments::show_dead_letter(out, letter);
        if (options.json) print(out.text());
        const auto what =
            letter.is_operation()
                ? std::string(
                      connectors::name(static_cast<connectors::Action>(letter.operation_kind))) +
                      " " +
                      std::string(operation::name(static_cast<operation::State>(letter.state)))
                : letter.type;
        table.add({letter.id(), what, letter.payment == PaymentId() ? "-" : letter.payment.text(),
                   std::to_string(letter.tries), to_text(letter.at), letter.why});
    }
    if (!options.json) print(found.empty() ? "nothing waits for you" : table.text());
    return {};
}

Result<void> show_dead_letter(const Options& options, const std::string& id) {
    TRY(auto shown, with_dead_letters<Result<std::string>>(
                        options, [&](DeadLetters& l) { return show_one(l, id); }));
    TRY(const auto text, std::move(shown));
    print(text);
    return {};
}

Result<void> retry_dead_letter(const Options& options, const std::string& id) {
    TRY(const auto done,
        with_dead_letters<Result<void>>(options, [&](DeadLetters& l) { return retry_one(l, id); }));
    TRY_OK(done);
    print(options.json ? "{\"retried\":\"" + id + "\"}" : "tries again: " + id);
    return {};
}

Result<void> discard_dead_letter(const Options& options, const std::string& id,
                                 const std::string& reason) {
    TRY(const auto done, with_dead_letters<Result<void>>(
                             options, [&](DeadLetters& l) { return discard_one(l, id, reason); }));
    TRY_OK(done);
    print(options.json ? "{\"discarded\":\"" + id + "\"}" : "discarded " + id);
    return {};
}

}  // namespace florin::cli
