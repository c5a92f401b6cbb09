#pragma once

// Payouts, settings and files as they are stored. A nil merchant in a read means any merchant.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/poster.h"
#include "payouts/rules.h"
#include "platform/pg/pool.h"

namespace florin::payouts {

struct PayoutFilter {
    MerchantId merchant = {};
    std::optional<SellerId> seller = {};
    std::optional<payout::Status> status = {};
    std::optional<PayoutId> after = {};  // Older than this one.
    std::int64_t limit = 0;
};

// Settings whose run is due, and are this process's until due_at.
struct DueSettings {
    Settings settings;
    bool seller_is_active = false;
};

// Approved payouts that wait for a file.
struct Waiting {
    MerchantId merchant;
    Currency currency;
    std::string source;
};

// An entry of a seller's payable account. Amounts: what he is owed grows by those above zero.
struct Item {
    std::int64_t seq = 0;
    OperationId transaction;
    std::string kind;
    Uuid source;     // A payment or a payout.
    Uuid reference;  // An order or a payout.
    std::int64_t amount = 0;
    Instant at;
    std::int64_t balance_after = 0;  // Of statements only.
};

struct Leg {
    std::int16_t code;
    std::string owner;
    std::int64_t amount;  // A debit is above zero.
    Uuid reference;
};

// An item with all that was booked with it, in whichever slot.
struct Explained {
    Item item;
    std::vector<Leg> legs;
};

struct Proof {
    std::int64_t items = 0;
    std::int64_t sum = 0;     // Of all entries of the range.
    std::int64_t booked = 0;  // Taken out of what the seller was owed.
};

struct Balances {
    std::int64_t payable = 0;
    std::int64_t debt = 0;
    std::int64_t reserve = 0;
};

// Names an event.
struct EventKey {
    PayoutId payout;
    std::int32_t version;
};

// A step, with its payout as it is now: what it pays, to whom and how much, never changes.
struct PayoutEvent {
    Payout payout;
    History step;
};

class Store {
public:
    explicit Store(pg::Pool& pool) : pool_(pool) {}

    // All of them or nothing, with their bookings. False: somebody was faster at one of them;
    // read again. Throws what the pool throws otherwise.
    Task<bool> write(std::vector<Step> steps);
    // False: it was given back already.
    Task<bool> release(Reserve reserve, Instant at);

    // Failure: NotFound payout_not_found.
    Task<Result<Payout>> payout(MerchantId merchant, PayoutId id);
    Task<std::optional<Payout>> payout_by_key(MerchantId merchant, Slot slot, std::string key);
    Task<std::vector<Payout>> payouts(PayoutFilter filter);  // Newest first.
    Task<std::vector<Payout>> payouts_of(SellerId seller, Currency currency, std::int64_t limit);
    Task<std::optional<Payout>> payout_of_entry(Slot slot, Uuid account, std::int64_t seq);
    Task<std::vector<History>> history(PayoutId id);
    // Those of the merchant that there are, in any order.
    Task<std::vector<PayoutEvent>> events_of(MerchantId merchant, std::vector<EventKey> wanted);
    // Those whose rail has to be told or asked; they are the caller's until then.
    Task<std::vector<Payout>> claim(Instant now, Instant until, std::int64_t limit);
    Task<> put_off(Payout payout, Instant until);

    Task<std::optional<Settings>> settings(SellerId seller, Currency currency);
    Task<std::vector<Settings>> settings_of(SellerId seller);
    Task<> put(Settings settings);
    Task<std::vector<DueSettings>> claim_runs(Instant now, Instant until, std::int64_t limit);
    Task<> put_off_run(Settings claimed, Instant next);

    // In the order of the settings.
    Task<std::vector<Payable>> payables(std::vector<Settings> settings);
    Task<Balances> balances(MerchantId merchant, SellerId seller, std::string reference,
                            Currency currency);
    Task<std::vector<Reserve>> due_reserves(Instant now, std::int64_t limit);
    Task<std::vector<Reserve>> reserves_of(SellerId seller, Currency currency, std::int64_t limit);

    Task<std::vector<Waiting>> waiting(Instant now);
    // How many payouts are in it; 0 = nothing waited, and there is no such file.
    Task<std::int64_t> make_batch(Batch batch, std::int64_t limit);
    // Failure: NotFound payout_batch_not_found.
    Task<Result<Batch>> batch(MerchantId merchant, PayoutBatchId id);
    Task<std::vector<Batch>> batches(MerchantId merchant, std::optional<PayoutBatchId> after,
                                     std::int64_t limit);
    Task<> export_batch(Batch batch, Instant at);
    Task<std::vector<Payout>> payouts_of_batch(PayoutBatchId id);

    // The items of a payout after this account_seq, in order.
    Task<std::vector<Explained>> explain(Payout payout, std::int64_t after, std::int64_t limit);
    Task<Proof> proof(Payout payout);
    Task<std::vector<Item>> statement(Slot slot, Uuid account, Instant from, Instant before,
                                      std::int64_t limit);
    // Newest first.
    Task<std::vector<Item>> entries_about(Slot slot, Uuid account, Uuid reference,
                                          std::int64_t limit);

private:
    Task<std::multimap<OperationId, Leg>> legs(std::vector<OperationId> transactions);

    pg::Pool& pool_;
    ledger::Poster poster_;
};

// What a seller is owed, in his slot.
Uuid payable_id(const MerchantId& merchant, const SellerId& seller, const std::string& reference,
                Currency currency);

}  // namespace florin::payouts
