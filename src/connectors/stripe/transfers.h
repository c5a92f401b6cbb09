#pragma once

// A payout over Stripe Connect is two things at Stripe: a transfer from our balance to the
// connected account's, and a payout from there to its bank. Here are the requests, what the answers
// say, and what follows from what is there: values in, values out. https://docs.stripe.com/connect

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "connectors/payouts.h"

namespace florin::connectors::stripe {

// Of Stripe's connected accounts.
http::Request encode_account(const PayoutOrder& order);
http::Request encode_transfer(const PayoutOrder& order);
http::Request encode_payout(const PayoutOrder& order);
// Of the whole transfer, so that a second one is refused by Stripe itself.
http::Request encode_reversal(const PayoutOrder& order, const std::string& transfer);
// The transfers of this payout; its group has one.
http::Request encode_transfer_query(const PayoutOrder& order);
// The payout, or the newest of its account that are not older than the transfer.
http::Request encode_payout_query(const PayoutOrder& order, std::int64_t not_before);

struct Transfer {
    std::string id;
    std::int64_t created = 0;  // Unix time, Stripe's.
    bool is_reversed = false;
};

struct BankPayout {
    std::string id;
    std::string status;   // In Stripe's word.
    std::string failure;  // Stripe's code; empty while there is none.
};

// What Stripe has of a payout of ours.
struct Found {
    std::optional<Transfer> transfer;
    std::optional<BankPayout> payout;
};

// Why the account is not paid, before anything is sent; nothing: it can be paid.
std::optional<Outcome> refusal_of(const PayoutOrder& order, const http::Answer& answer);
// The answer to encode_transfer(). Otherwise: what the order has come to.
std::expected<Transfer, Outcome> read_transfer(const PayoutOrder& order,
                                               const http::Answer& answer);
// The answer to encode_payout(), after the transfer.
Outcome conclude_payout(const PayoutOrder& order, const Transfer& transfer,
                        const http::Answer& answer);
// The answers to the queries; nothing: there is none.
std::expected<std::optional<Transfer>, Unknown> read_transfers(const PayoutOrder& order,
                                                               const http::Answer& answer);
std::expected<std::optional<BankPayout>, Unknown> read_payouts(const PayoutOrder& order,
                                                               const http::Answer& answer);

// The transfer has to come back; then the order has come to this.
struct TakeBack {
    std::string transfer;
    Declined then;
};
std::variant<Outcome, TakeBack> next_step(const PayoutOrder& order, const Found& found);
// The answer to encode_reversal().
Outcome conclude_reversal(const PayoutOrder& order, const TakeBack& step,
                          const http::Answer& answer);

// Declined::code of each no; docs/payouts.md says what to do.
inline constexpr std::string_view kDestinationUnknown = "destination_unknown";
inline constexpr std::string_view kDestinationDisabled = "destination_disabled";
inline constexpr std::string_view kDestinationAutomatic = "destination_automatic";
inline constexpr std::string_view kTransferRefused = "transfer_refused";
inline constexpr std::string_view kPayoutRefused = "payout_refused";
inline constexpr std::string_view kPayoutFailed = "payout_failed";

}  // namespace florin::connectors::stripe
