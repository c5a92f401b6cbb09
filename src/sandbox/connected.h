#pragma once

// Connected accounts: transfers to them out of the platform's balance, which always suffices, and
// payouts from theirs to their banks. An account's balance is kept, so whoever pays twice is
// refused. What an account does is told by how its id begins, as with test cards.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/params.h"
#include "sandbox/problem.h"

namespace florin::sandbox {

struct Command;
class Store;

// What becomes of a payout, one step with each `advance`.
enum class Ending { pays, pays_at_once, fails, comes_back };

struct ConnectedRule {
    std::string_view prefix;
    Ending ending = Ending::pays;
    bool payouts_enabled = true;
    bool is_automatic = false;  // Stripe would pay its balance by itself.
    std::string_view transfer_refusal = {};
    std::string_view payout_refusal = {};
};
// None when there is no such account.
const ConnectedRule* connected_rule(std::string_view account);

struct Reversal {
    std::string id, transfer;
    std::int64_t amount = 0;
    std::int64_t created = 0;
    Pairs metadata;
};

struct Transfer {
    std::string id, currency, destination, group, description;
    std::int64_t amount = 0;
    std::int64_t reversed = 0;
    std::int64_t created = 0;
    Pairs metadata;
    std::vector<Reversal> reversals;
};

struct BankPayout {
    std::string id, account, currency, description;
    std::int64_t amount = 0;
    std::int64_t created = 0;
    Ending ending = Ending::pays;
    std::string_view status = "pending";
    Pairs metadata;
};

class Connected {
public:
    using Emit = std::function<void(std::string_view type, const std::string& object)>;

    // `store` makes the ids, and outlives this.
    explicit Connected(Store& store) : store_(store) {}

    static bool is_path(std::string_view path);
    Checked<std::string> post(const Command& command, const Params& params, const Emit& emit);
    Checked<std::string> get(const std::string& path, const Params& params,
                             const std::string& account) const;
    // One step of the payouts that are `meant`; their ids, and the accounts that they are of.
    std::vector<std::string> advance(
        const std::function<bool(const std::string&)>& meant,
        const std::function<void(const std::string& account, std::string_view type,
                                 const std::string& object)>& emit);

private:
    Checked<std::string> create_transfer(const Command& command, const Params& params,
                                         const Emit& emit);
    Checked<std::string> reverse(const Command& command, const Params& params,
                                 const std::string& id, const Emit& emit);
    Checked<std::string> create_payout(const Command& command, const Params& params,
                                       const Emit& emit);
    Checked<std::string> list_transfers(const Params& params) const;
    Checked<std::string> list_payouts(const Params& params, const std::string& account) const;
    std::int64_t& balance(const std::string& account, const std::string& currency);

    Store& store_;
    std::deque<Transfer> transfers_;
    std::deque<BankPayout> payouts_;
    std::map<std::pair<std::string, std::string>, std::int64_t> balances_;
};

}  // namespace florin::sandbox
