#pragma once

// What people and schedules do with payouts: read, decide (rules.h), write; and, for rails that are
// called: write the intent, call, write the outcome. Whoever loses a race reads and decides again.

#include <map>

#include "payouts/rail.h"
#include "payouts/store.h"
#include "sellers/store.h"

namespace florin::payouts {

// Ours, which files for the bank pay from. An empty iban: there is none, and no such payouts.
struct BankAccount {
    std::string name;
    std::string iban;
    std::string bic;
};

struct Options {
    std::map<Currency, std::int64_t> limits = {};  // Above it a second person has to say yes.
    BankAccount bank = {};
    std::chrono::milliseconds answer_time{20'000};  // Of a rail; longer silence is unknown.
    std::chrono::milliseconds lease_extra{10'000};
};

struct Made {
    Payout payout;
    bool replayed = false;
};

class Service {
public:
    Service(Store& store, sellers::Store& sellers, Rails rails, Options options)
        : store_(store),
          sellers_(sellers),
          rails_(std::move(rails)),
          options_(std::move(options)) {}

    // A payout of all that is payable now. Failures: NotFound seller_not_found; Conflict with the
    // name of a Holdup, or rail_not_configured; Invalid idempotency_key_reused; Unavailable busy.
    Task<Result<Made>> create(MerchantId merchant, SellerId seller, Currency currency, KeyId by,
                              ClientKey key);
    // Failures: NotFound payout_not_found, and those of rules.h.
    Task<Result<Payout>> decide(MerchantId merchant, PayoutId id, bool approve, KeyId by,
                                std::string reason);
    // Cancels, asks for it back, or tells the bank's word. Doing it twice is doing it once.
    Task<Result<Payout>> tell(MerchantId merchant, PayoutId id, payout::Event event, News news);
    // Failure: Conflict rail_not_configured.
    Task<Result<Settings>> put(Settings settings);

    // The file leaves: from here on it has the same bytes for ever. Doing it twice is doing it
    // once. Failures: NotFound payout_batch_not_found; Conflict payout_batch_empty.
    Task<Result<Batch>> export_batch(MerchantId merchant, PayoutBatchId id);
    // Its bytes. Failures: those above; Conflict payout_batch_not_exported.
    Task<Result<std::string>> file(MerchantId merchant, PayoutBatchId id);

    // For the worker. Pays what runs have to pay, of settings that it has claimed.
    Task<> make_due(std::vector<DueSettings> due);
    // Brings a claimed payout one step further: tells its rail, or asks it.
    Task<> advance(Payout claimed);
    // Puts approved payouts into files; how many.
    Task<std::int64_t> make_batches(Instant now);

    Store& store() { return store_; }
    std::chrono::milliseconds lease() const { return options_.answer_time + options_.lease_extra; }

private:
    std::optional<std::string> source_of(RailKind rail) const;
    Rail* rail_of(const Payout& payout) const;
    Wish wish_of(const Settings& settings, std::string source) const;
    Task<Result<std::optional<Payout>>> try_create(Settings settings, bool is_active, Wish wish,
                                                   std::optional<Run> run);
    Task<> make_one(DueSettings due);
    Task<> pay(Payout payout);
    Task<> ask(Payout payout);
    Task<> record(Payout payout, connectors::Outcome outcome, Rail& rail);
    Task<bool> take(Payout& payout, payout::Event event, News news);

    Store& store_;
    sellers::Store& sellers_;
    Rails rails_;
    Options options_;
};

}  // namespace florin::payouts
