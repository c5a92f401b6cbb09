// Goal: a file of rates is taken as a whole or not at all, a rate is derived only where that was
// asked for, old ones are not quoted, and the list that says most about a buyer decides. Method:
// tables, and a real file that changes.

#include "fx/table.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fx/file_source.h"
#include "fx/lists.h"
#include "platform/async/test_run.h"

namespace florin::fx {
namespace {

constexpr auto kEur = "EUR"_currency, kUsd = "USD"_currency, kJpy = "JPY"_currency,
               kGbp = "GBP"_currency;
const Instant kNoon = *instant_from("2026-11-20T12:00:00Z");
const std::string kHead = "base,quote,rate,as_of\n";
const std::string kGood = kHead +
                          "EUR,USD,1.0870,2026-11-20T11:00:00Z\n"
                          "EUR,JPY,155.35,2026-11-20T10:00:00Z\r\n"
                          "USD,GBP,0.79,2026-11-20T11:30:00Z";

std::string why(const std::string& csv) {
    const auto table = RateTable::parse(csv, kNoon);
    if (table) return "taken";
    EXPECT_EQ(table.error().code, "fx_rates_malformed");
    return table.error().detail;
}

TEST(RateTables, AreTakenAsAWhole) {
    const auto table = RateTable::parse(kGood, kNoon);
    ASSERT_TRUE(table) << table.error().detail;
    EXPECT_EQ(table->stated().size(), 3U);
    EXPECT_EQ(table->newest(), *instant_from("2026-11-20T11:30:00Z"));
}

TEST(RateTables, AreRefusedWithLineAndReason) {
    const auto line = [](const std::string& text) { return why(kGood + '\n' + text + '\n'); };
    EXPECT_EQ(why(kGood), "taken");
    EXPECT_EQ(why(""), "there are no rates in it");
    EXPECT_EQ(why(kHead), "there are no rates in it");
    EXPECT_EQ(why("EUR,USD,1.0870,2026-11-20T11:00:00Z\n"),
              "line 1: must be base,quote,rate,as_of");
    EXPECT_EQ(line("EUR,GBP,0.86"),
              "line 5: there are 3 fields, not the four of " + kHead.substr(0, kHead.size() - 1));
    EXPECT_EQ(line("EUR,GBP,0.86,2026-11-20T11:00:00Z,x").substr(0, 27),
              "line 5: there are 5 fields,");
    EXPECT_EQ(line("").substr(0, 27), "line 5: there are 1 fields,");
    EXPECT_EQ(line("eur,GBP,0.86,2026-11-20T11:00:00Z"),
              "line 5: 'eur' is no active ISO 4217 code in capitals");
    EXPECT_EQ(line("EUR,XXX,0.86,2026-11-20T11:00:00Z"),
              "line 5: 'XXX' is no active ISO 4217 code in capitals");
    EXPECT_EQ(line("EUR,PTS,0.86,2026-11-20T11:00:00Z").substr(0, 13), "line 5: 'PTS'");
    EXPECT_EQ(line("EUR,EUR,1,2026-11-20T11:00:00Z"), "line 5: a rate is between two currencies");
    EXPECT_EQ(line("EUR,GBP,0,86,2026-11-20T11:00:00Z").substr(0, 27),
              "line 5: there are 5 fields,");
    EXPECT_EQ(line("EUR,GBP,-0.86,2026-11-20T11:00:00Z").substr(0, 21), "line 5: a rate is dig");
    EXPECT_EQ(line("EUR,GBP,0.86,yesterday"),
              "line 5: as_of must be a time like 2026-11-20T12:00:00Z");
    EXPECT_EQ(line("EUR,GBP,0.86,2026-11-20T12:05:01Z"), "line 5: as_of is in the future");
    EXPECT_EQ(line("EUR,GBP,0.86,2026-11-20T12:05:00Z"), "taken");
    EXPECT_EQ(line("EUR,USD,1.1,2026-11-20T11:00:00Z"), "line 5: EUR and USD stand there twice");
    EXPECT_EQ(why(std::string(kRatesBytesMax + 1, 'x')), "there are more than 1000000 bytes");
}

std::string found(const Pair& pair, const Derive& derive) {
    const auto table = RateTable::parse(kGood, kNoon);
    const auto rate = table->find(pair, derive);
    if (!rate) return "none";
    return fmt::format("{} {} {}", name(rate->derivation), rate->rate.text(),
                       to_text(rate->as_of).substr(11, 5));
}

TEST(RateTables, DeriveOnlyWhatTheyAreAskedFor) {
    const Derive inverse{.inverse = true}, pivot{.pivot = kEur}, both{true, kEur};
    for (const auto& derive : {Derive(), inverse, pivot, both})
        EXPECT_EQ(found({kEur, kUsd}, derive), "stated 1.087 11:00");
    EXPECT_EQ(found({kUsd, kEur}, {}), "none");
    EXPECT_EQ(found({kUsd, kEur}, pivot), "none");
    EXPECT_EQ(found({kUsd, kEur}, inverse), "inverse 0.919963201472 11:00");
    EXPECT_EQ(found({kUsd, kJpy}, inverse), "none");
    EXPECT_EQ(found({kUsd, kJpy}, pivot), "cross 142.916283349 10:00");
    EXPECT_EQ(found({kJpy, kUsd}, both), "cross 0.00699710331509 10:00");
    EXPECT_EQ(found({kGbp, kJpy}, both), "none");
    EXPECT_EQ(found({kJpy, kUsd}, {.pivot = kUsd}), "none");
}

class FileOfRates : public testing::Test {
protected:
    FileOfRates()
        : path_(std::filesystem::temp_directory_path() /
                ("florin_rates_" + std::to_string(getpid()) + ".csv")) {}
    ~FileOfRates() override { std::filesystem::remove(path_); }

    void write(const std::string& text) {
        const auto next = path_.string() + ".new";
        std::ofstream(next) << text;
        // Two writes may be within what a file's time can tell.
        std::filesystem::last_write_time(
            next, std::filesystem::file_time_type::clock::now() + std::chrono::seconds(++writes_));
        std::filesystem::rename(next, path_);
    }
    void look(Rates& rates, Instant at = kNoon) {
        asio::io_context io;
        test::run(io, rates.look(at));
    }

    std::filesystem::path path_;
    int writes_ = 0;
};

std::string code_of(const Rates& rates, const Pair& pair, Instant at = kNoon) {
    const auto rate = rates.find(pair, at);
    return rate ? rate->rate.text() : rate.error().code;
}

TEST_F(FileOfRates, IsReadWhenItChangesAndTheLastGoodOneStays) {
    FileSource source(path_);
    Rates rates(&source, {.max_age = std::chrono::hours(2)});
    const Pair pair{kEur, kUsd};
    EXPECT_EQ(code_of(rates, pair), "fx_rates_unavailable");
    look(rates);
    EXPECT_EQ(code_of(rates, pair), "fx_rates_unavailable");
    EXPECT_NE(rates.trouble().find(path_.string()), std::string::npos);
    write(kGood);
    look(rates);
    EXPECT_EQ(rates.trouble(), "");
    EXPECT_EQ(code_of(rates, pair), "1.087");
    EXPECT_EQ(rates.age(kNoon), std::chrono::minutes(30));
    write(kHead + "EUR,USD,1.2,2026-11-20T11:45:00Z\nEUR,USD,oops,2026-11-20T11:45:00Z\n");
    look(rates);
    EXPECT_EQ(rates.trouble().substr(path_.string().size(), 10), ": line 3: ");
    EXPECT_EQ(code_of(rates, pair), "1.087") << "the last good one stays";
    look(rates);
    EXPECT_NE(rates.trouble(), "") << "until it is over";
    write(kHead + "EUR,USD,1.2,2026-11-20T11:45:00Z\n");
    look(rates);
    EXPECT_EQ(rates.trouble(), "");
    EXPECT_EQ(code_of(rates, pair), "1.2");
    EXPECT_EQ(code_of(rates, {kEur, kJpy}), "fx_rate_unknown");
    std::filesystem::remove(path_);
    look(rates);
    EXPECT_NE(rates.trouble(), "");
    EXPECT_EQ(code_of(rates, pair), "1.2");
}

TEST_F(FileOfRates, IsNotQuotedWhenItIsTooOld) {
    write(kGood);
    FileSource source(path_);
    Rates rates(&source, {.max_age = std::chrono::hours(2), .derive = {true, kEur}});
    look(rates);
    const auto one_pm = kNoon + std::chrono::hours(1);
    EXPECT_EQ(code_of(rates, {kEur, kUsd}, one_pm), "1.087");
    EXPECT_EQ(code_of(rates, {kEur, kUsd}, one_pm + std::chrono::microseconds(1)), "fx_rate_stale");
    EXPECT_EQ(code_of(rates, {kUsd, kJpy}, one_pm), "fx_rate_stale") << "the older of two counts";
    Rates none(nullptr, {});
    EXPECT_EQ(code_of(none, {kEur, kUsd}), "fx_not_configured");
}

CurrencyList list(std::string_view key, std::vector<Currency> currencies) {
    return {.key = *ListKey::parse(key), .currencies = std::move(currencies)};
}

TEST(CurrencyLists, TheOneThatSaysMostDecides) {
    const CurrencyList lists[] = {
        list("method:card", {kEur, kGbp}),
        list("bin:41", {kUsd}),
        list("bin:4111", {kEur}),
        list("bin:411100-411199", {kJpy, kUsd}),
        list("bin:411150-411160", {kGbp}),
        list("bin:411155-411165", {kEur, kUsd}),
        list("bank:DEUTDEFF", {kEur, kUsd}),
    };
    const auto key_for = [&](std::string bin, std::string bank = "", std::string method = "") {
        const auto* found = list_for(lists, {std::move(bin), std::move(bank), std::move(method)});
        return found ? found->key.text() : "none";
    };
    EXPECT_EQ(key_for("42"), "none");
    EXPECT_EQ(key_for("4"), "none");
    EXPECT_EQ(key_for("41"), "bin:41");
    EXPECT_EQ(key_for("41112"), "bin:4111");
    EXPECT_EQ(key_for("411112"), "bin:411100-411199");
    EXPECT_EQ(key_for("41115099"), "bin:411150-411160");
    EXPECT_EQ(key_for("411158"), "bin:411155-411165") << "of equally narrow ones the later";
    EXPECT_EQ(key_for("41120000"), "bin:41");
    EXPECT_EQ(key_for("411112", "DEUTDEFF", "card"), "bin:411100-411199");
    EXPECT_EQ(key_for("52", "DEUTDEFF", "card"), "bank:DEUTDEFF");
    EXPECT_EQ(key_for("52", "DEUTDEFX", "card"), "method:card");
    EXPECT_EQ(key_for("", "", ""), "none");
    const Instrument japan{"411112", "", ""}, nobody{"52", "", ""};
    EXPECT_EQ(presentment_currencies(lists, japan), (std::vector{kJpy, kUsd}));
    EXPECT_FALSE(presentment_currencies(lists, nobody));
}

TEST(CurrencyLists, AKeyHasOneSpelling) {
    for (const std::string_view text : {"bin:41", "bin:12345678901", "bin:411100-411199",
                                        "bank:DEUTDEFF", "bank:12", "method:card", "method:m_p2"}) {
        const auto key = ListKey::parse(text);
        ASSERT_TRUE(key) << text;
        EXPECT_EQ(key->text(), text);
    }
    for (const std::string_view text :
         {"",         "bin",         "bin:",      "bin:4",     "bin:123456789012",
          "bin:41x1", "bin:4100-41", "bin:41-41", "bin:42-41", "bin:41-42-43",
          "bin:-41",  "bank:",       "bank:x1",   "bank:D",    "method:Card",
          "method:",  "card:visa",   "BIN:41",    "bin:41 ",   "bank:AB:CD"})
        EXPECT_EQ(ListKey::parse(text) ? "taken" : ListKey::parse(text).error().code,
                  "currency_list_key_malformed")
            << text;
    EXPECT_TRUE(read_instrument("411111", "DEUTDEFF", "card"));
    EXPECT_TRUE(read_instrument("", "", ""));
    EXPECT_FALSE(read_instrument("4111 1111", "", ""));
    EXPECT_FALSE(read_instrument("", "deut", ""));
    EXPECT_FALSE(read_instrument("", "", "CARD"));
}

}  // namespace
}  // namespace florin::fx
