// `florin-bench payouts`: the run of a day, when everybody is due at once. Sellers who are owed
// something become payouts and stand in files for the bank, by the worker that a server runs.

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>

#include <stdexcept>
#include <utility>
#include <vector>

#include "base/random.h"
#include "commands.h"
#include "ledger/poster.h"
#include "payouts/payer.h"
#include "payouts/postings.h"

namespace florin::bench {
namespace {

constexpr auto kEuro = "EUR"_currency;
constexpr std::int64_t kOwed = 8500;
constexpr std::size_t kAtOnce = 500;

constexpr std::string_view kAddSellers =
    "INSERT INTO florin.seller (slot, id, merchant_id, reference, name, country, state, created_at,"
    " updated_at) SELECT u.slot, u.id, $3::uuid, u.reference, 'Ann', 'DE', 1, $5::timestamptz,"
    " $5::timestamptz FROM unnest($1::smallint[], $2::uuid[], $4::text[]) AS u (slot, id, "
    "reference)";
constexpr std::string_view kAddSettings =
    "INSERT INTO florin.payout_settings (slot, seller_id, currency, merchant_id, seller, rail, "
    "name,"
    " account, bic, suspended, schedule, weekday, hour, minimum, reserve_rate, reserve_days, "
    "set_by,"
    " due_at, updated_at) SELECT u.slot, u.id, 'EUR', $3::uuid, u.reference, 'bank_file', 'Ann',"
    " 'DE89370400440532013000', '', '', 'daily', 0, 6, 0, 100000, 30,"
    " '00000000-0000-0000-0000-000000000000', $5::timestamptz, $5::timestamptz"
    " FROM unnest($1::smallint[], $2::uuid[], $4::text[]) AS u (slot, id, reference)";

struct Market {
    pg::Pool& pool;
    MerchantId merchant = MerchantId::make(now(), 0, random_u64());
    ledger::Poster poster = {};

    pg::Params params(const std::vector<std::string>& references) const {
        std::vector<std::int16_t> slots;
        std::vector<pg::UuidBytes> ids;
        for (const auto& reference : references) {
            const auto id = sellers::seller_id(merchant, reference);
            slots.push_back(static_cast<std::int16_t>(id.slot()));
            ids.push_back(id.uuid().bytes);
        }
        pg::Params params;
        params.add(slots).add(ids).add(merchant.uuid().bytes).add(references).add(now());
        return params;
    }

    // What a released order leaves with each of them.
    ledger::Posting owe(const std::string& reference) const {
        const auto slot = sellers::seller_id(merchant, reference).slot();
        const auto id = OperationId::make(now(), slot, random_u64());
        return {.id = id,
                .merchant = merchant,
                .source = id.uuid(),
                .kind = "release",
                .at = now(),
                .legs = {{{ledger::kEscrow, "", kEuro}, kOwed, id.uuid()},
                         {payouts::payable_account(reference, kEuro), -kOwed, id.uuid()}}};
    }

    Task<> open(std::vector<std::string> references) {
        std::vector<ledger::Posting> postings;
        for (const auto& reference : references) postings.push_back(owe(reference));
        std::vector<const ledger::Posting*> pointers;
        for (const auto& posting : postings) pointers.push_back(&posting);
        std::vector<pg::Call> calls;
        calls.push_back({kAddSellers, params(references)});
        calls.push_back({kAddSettings, params(references)});
        poster.encode(pointers, calls);
        co_await pool.run(std::move(calls));
    }
};

Task<> prepare(Market& market, std::int64_t sellers) {
    for (std::int64_t n = 0; n < sellers;) {
        std::vector<std::string> references;
        while (references.size() < kAtOnce && n < sellers)
            references.push_back(fmt::format("seller_{}", n++));
        co_await market.open(std::move(references));
    }
}

Task<> pay_all(payouts::Payer& payer) {
    std::size_t done = 1;
    while (done > 0) done = co_await payer.pass();
}

// Everybody has one payout, it is in a file, and nothing is owed any more.
Task<> check_all(pg::Pool& pool, MerchantId merchant, std::int64_t sellers) {
    pg::Params params;
    params.add(merchant.uuid().bytes);
    const auto rows = co_await pool.query(
        "SELECT count(*), count(DISTINCT seller_id), coalesce(sum(gross), 0)::bigint,"
        " count(*) FILTER (WHERE batch_id <> '00000000-0000-0000-0000-000000000000')"
        " FROM florin.payout WHERE merchant_id = $1::uuid",
        std::move(params));
    for (const int column : {0, 1, 3})
        if (rows.int64(0, column) != sellers) throw std::runtime_error("a payout is missing");
    if (rows.int64(0, 2) != sellers * kOwed) throw std::runtime_error("the amounts are wrong");
}

double timed(asio::io_context& io, Task<> work) {
    const auto began = monotonic_now();
    std::exception_ptr failure;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e) { failure = e; });
    io.restart();
    io.run();
    if (failure) std::rethrow_exception(failure);
    return std::chrono::duration<double>(monotonic_now() - began).count();
}

}  // namespace

int payouts_main(int count, char** arguments) {
    Flags flags(count, arguments, {"json"});
    const auto database = flags.required("database");
    const auto sellers = flags.number("sellers", 100'000, 1, 10'000'000);
    const bool json = flags.has("json");
    flags.finish();

    asio::io_context io(1);
    pg::Pool pool(io, database, 4);
    Market market{pool};
    timed(io, prepare(market, sellers));
    payouts::Store store(pool);
    sellers::Store seller_store(pool);
    payouts::Service service(store, seller_store, {},
                             {.bank = {"Market", "GB82WEST12345698765432", ""}});
    payouts::Payer payer(io, service, std::chrono::milliseconds(50));
    const auto seconds = timed(io, pay_all(payer));
    timed(io, check_all(pool, market.merchant, sellers));
    const auto per_second = static_cast<double>(sellers) / seconds;
    if (json)
        fmt::print("{{\"payouts\":{},\"seconds\":{:.3f},\"per_second\":{:.1f}}}\n", sellers,
                   seconds, per_second);
    else
        fmt::print("{} payouts in {:.1f} s, {:.0f}/s\n", sellers, seconds, per_second);
    return 0;
}

}  // namespace florin::bench
