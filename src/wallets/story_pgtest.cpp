// Goal: whatever buyers and shops do with wallets, in any order, the books are those of a small
// model. Method: actions drawn at random are played against both, and after each one balances,
// charges, lots, the trial balance and what stands against payments are compared.

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <map>
#include <random>

#include "connectors/no_wire.h"
#include "tests/kit/test_database.h"
#include "wallets/connector.h"
#include "wallets/expirer.h"

namespace florin::wallets {
namespace {

using connectors::Action;

constexpr Currency kEuro = "EUR"_currency;
constexpr Terms kThreeCents{kEuro, 3};
constexpr int kSteps = 300;

struct ModelCharge {
    std::string reference;
    std::int64_t amount = 0, captured = 0, released = 0, refunded = 0;
    Instant until;  // When the last of the spent points would have expired.
    std::int64_t held() const { return amount - captured - released; }
};

// One asset of one buyer.
struct ModelWallet {
    std::int64_t available = 0, held = 0, spent = 0;
    std::vector<ModelCharge> charges;
    std::map<Instant, std::int64_t> lots;  // Of points, by their end.

    // The last end of what was taken.
    Instant take(std::int64_t points) {
        Instant last{};
        while (points > 0) {
            const auto first = lots.begin();
            const auto part = std::min(points, first->second);
            last = first->first;
            points -= part;
            if ((first->second -= part) == 0) lots.erase(first);
        }
        return last;
    }
};

class StoryTest : public test::DatabaseTest {
protected:
    StoryTest() { engine.start(scope); }

    std::int64_t draw(std::int64_t least, std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>(least, most)(random);
    }
    static std::string buyer(std::size_t n) { return n == 0 ? "ann" : "bob"; }
    std::string next_key() { return std::to_string(++keys); }
    Deadline patience() { return deadline_in(std::chrono::seconds(20)); }

    // True = yes.
    bool perform(std::size_t n, bool is_points, Action action, std::int64_t units,
                 std::string& reference, bool is_final = true, std::string replaces = {}) {
        connectors::Order order{.action = action,
                                .key = next_key(),
                                .amount = {is_points ? units * kThreeCents.value : units, kEuro},
                                .token = buyer(n),
                                .reference = reference,
                                .is_final = is_final,
                                .in_place = replaces.empty(),
                                .payment = payment.text(),
                                .merchant = merchant,
                                .buyer = buyer(n),
                                .replaces = std::move(replaces)};
        const auto& by = is_points ? points : wallet;
        auto outcome = test::run(io, by.perform(wire, std::move(order), patience()));
        const auto* yes = std::get_if<connectors::Succeeded>(&outcome);
        if (yes && action != Action::refund) reference = yes->reference;
        return yes != nullptr;
    }

    void give(std::size_t n, bool is_points) {
        const auto amount = draw(1, 60);
        auto& model = models[n][is_points];
        const Owner owner{merchant, buyer(n)};
        const auto until =
            draw(0, 4) == 0 ? Instant::max() : base + std::chrono::hours(draw(1, 2000));
        auto step = is_points ? *earn(owner, next_key(), {amount, until}, kThreeCents, {}, now())
                              : credit(owner, next_key(), {amount, kEuro}, {}, now());
        ASSERT_TRUE(test::run(io, engine.carry_out(std::move(step), patience())));
        model.available += amount;
        if (is_points) model.lots[until] += amount;
    }

    void begin(std::size_t n, bool is_points) {
        auto& model = models[n][is_points];
        const bool is_sale = draw(0, 1) == 0;
        const auto units = draw(1, 50);
        ModelCharge charge{.amount = units};
        const bool done = perform(n, is_points, is_sale ? Action::sale : Action::authorize, units,
                                  charge.reference);
        ASSERT_EQ(done, units <= model.available);
        if (!done) return;
        model.available -= units;
        if (is_sale) {
            charge.captured = units;
            model.spent += units;
            if (is_points) charge.until = model.take(units);
        } else {
            model.held += units;
        }
        model.charges.push_back(charge);
    }

    void capture(bool is_points, std::size_t n, ModelCharge& charge) {
        auto& model = models[n][is_points];
        const auto units = draw(1, 60);
        const bool is_final = draw(0, 2) > 0;
        const bool done = perform(n, is_points, Action::capture, units, charge.reference, is_final);
        ASSERT_EQ(done, units <= charge.held());
        if (!done) return;
        const auto rest = is_final ? charge.held() - units : 0;
        charge.captured += units;
        charge.released += rest;
        model.held -= units + rest;
        model.available += rest;
        model.spent += units;
        if (is_points) charge.until = std::max(charge.until, model.take(units));
    }

    void give_back(bool is_points, std::size_t n, ModelCharge& charge) {
        auto& model = models[n][is_points];
        const auto action = draw(0, 1) == 0 ? Action::cancel : Action::release;
        const auto rest = charge.held();
        ASSERT_EQ(perform(n, is_points, action, 1, charge.reference), rest > 0);
        charge.released += rest;
        model.held -= rest;
        model.available += rest;
    }

    // Another charge instead, and what is left of the old one goes back.
    void replace(bool is_points, std::size_t n, ModelCharge& charge) {
        auto& model = models[n][is_points];
        const auto units = draw(1, 60);
        const auto taken = std::min(units, charge.held());
        std::string reference;
        const bool done =
            perform(n, is_points, Action::adjust, units, reference, true, charge.reference);
        ASSERT_EQ(done, units <= model.available + taken);
        if (!done) return;
        charge.released += taken;
        model.held += units - taken;
        model.available -= units - taken;
        model.charges.push_back({.reference = reference, .amount = units});
    }

    void adjust(bool is_points, std::size_t n, ModelCharge& charge) {
        auto& model = models[n][is_points];
        const auto units = draw(1, 60);
        const auto more = units - charge.amount;
        const bool may =
            charge.held() > 0 && more != 0 && charge.held() + more >= 0 && more <= model.available;
        ASSERT_EQ(perform(n, is_points, Action::adjust, units, charge.reference), may);
        if (!may) return;
        charge.amount = units;
        model.held += more;
        model.available -= more;
    }

    void refund(bool is_points, std::size_t n, ModelCharge& charge) {
        auto& model = models[n][is_points];
        const auto units = draw(1, 40);
        const bool done = perform(n, is_points, Action::refund, units, charge.reference);
        ASSERT_EQ(done, units <= charge.captured - charge.refunded);
        if (!done) return;
        charge.refunded += units;
        model.available += units;
        model.spent -= units;
        if (is_points) model.lots[charge.until] += units;
    }

    void act(std::size_t n, bool is_points) {
        auto& charges = models[n][is_points].charges;
        if (charges.empty()) return begin(n, is_points);
        auto& charge = charges[static_cast<std::size_t>(
            draw(0, static_cast<std::int64_t>(charges.size()) - 1))];
        switch (draw(0, 4)) {
            case 0:
                return capture(is_points, n, charge);
            case 1:
                return give_back(is_points, n, charge);
            case 2:
                return adjust(is_points, n, charge);
            case 3:
                return replace(is_points, n, charge);
            default:
                return refund(is_points, n, charge);
        }
    }

    // Each time a day later: what could not expire is due again.
    void expire() {
        clock += std::chrono::hours(draw(24, 72));
        Expirer expirer(engine, {.terms = kThreeCents});
        test::run(io, expirer.expire(clock));
        for (auto& assets : models) {
            auto& model = assets[true];
            std::int64_t due = 0;
            for (const auto& [until, left] : model.lots) due += until <= clock ? left : 0;
            const auto gone = std::max<std::int64_t>(0, due - model.held);
            model.take(gone);
            model.available -= gone;
        }
    }

    std::string books() {
        return database.ask(R"(
            SELECT coalesce(string_agg(line, ', ' ORDER BY line COLLATE "C"), '') FROM (
                SELECT a.code || ' ' || a.owner || ' ' || sum(-e.amount) AS line FROM florin.ledger_entry e
                JOIN florin.ledger_account a ON a.slot = e.slot AND a.id = e.account_id
                WHERE a.code IN (2010, 2020, 9200, 9210, 1100) GROUP BY a.code, a.owner HAVING sum(e.amount) <> 0
                UNION ALL
                SELECT 'lot ' || owner || ' ' || expires_at || ' ' || sum(remaining) FROM florin.points_lot
                WHERE remaining > 0 GROUP BY owner, expires_at
                UNION ALL
                SELECT 'off ' || e.slot || ' ' || a.currency FROM florin.ledger_entry e
                JOIN florin.ledger_account a ON a.slot = e.slot AND a.id = e.account_id
                GROUP BY e.slot, a.currency HAVING sum(e.amount) <> 0
            ) x)");
    }
    std::string ask_time(Instant at) {
        return at == Instant::max()
                   ? "infinity"
                   : database.ask("SELECT '" + to_text(at) + "'::timestamptz::text");
    }
    void add(std::vector<std::string>& lines, std::string_view what, std::int64_t amount) {
        if (amount != 0) lines.push_back(fmt::format("{} {}", what, amount));
    }
    std::string expected() {
        std::vector<std::string> lines;
        std::int64_t by_wallet = 0, by_points = 0;
        for (std::size_t n = 0; n < models.size(); ++n) {
            const auto& [money, pts] = models[n];
            add(lines, "2010 " + buyer(n), money.available);
            add(lines, "2020 " + buyer(n), money.held);
            add(lines, "9200 " + buyer(n), pts.available);
            add(lines, "9210 " + buyer(n), pts.held);
            by_wallet += money.spent;
            by_points += pts.spent * kThreeCents.value;
            for (const auto& [until, left] : pts.lots)
                add(lines, "lot " + buyer(n) + ' ' + times[until], left);
        }
        add(lines, "1100 wallet", by_wallet);
        add(lines, "1100 points", by_points);
        std::ranges::sort(lines);
        std::string out;
        for (const auto& line : lines) out += (out.empty() ? "" : ", ") + line;
        return out;
    }
    void know_times() {
        for (const auto& assets : models)
            for (const auto& [until, left] : assets[true].lots)
                if (!times.contains(until)) times[until] = ask_time(until);
    }

    std::mt19937_64 random{test::seed()};
    int keys = 0;
    const MerchantId merchant = MerchantId::make(now(), 0, 7);
    const PaymentId payment = PaymentId::make(now(), 5, 8);
    // So late that a refund's points have their old time.
    const Instant base = std::chrono::floor<std::chrono::seconds>(now()) + std::chrono::days(60);
    Instant clock = base;
    std::array<std::array<ModelWallet, 2>, 2> models;  // By buyer; money, points.
    std::map<Instant, std::string> times;              // As PostgreSQL writes them.
    connectors::NoWire wire;
    Store store{pool};
    Engine engine{io, store, {.conninfo = database.conninfo()}};
    Connector wallet{engine}, points{engine, kThreeCents};
};

TEST_F(StoryTest, TheBooksAreThoseOfTheModelAfterEachStep) {
    for (int step = 0; step < kSteps; ++step) {
        const auto n = static_cast<std::size_t>(draw(0, 1));
        const bool is_points = draw(0, 1) == 0;
        const auto what = draw(0, 11);
        if (what < 2) {
            give(n, is_points);
        } else if (what < 5) {
            begin(n, is_points);
        } else if (what < 11) {
            act(n, is_points);
        } else {
            expire();
        }
        know_times();
        ASSERT_EQ(books(), expected()) << "after step " << step << ", action " << what;
    }
    EXPECT_GE(std::stoi(database.ask("SELECT count(DISTINCT kind) FROM florin.ledger_transaction")),
              12);
}

}  // namespace
}  // namespace florin::wallets
