#pragma once

// Ids with a type: a PaymentId cannot be passed where an OperationId is meant. Outside they read
// "pay_01m7xmzqs8e82r0j6hb7h6nwvv", inside they are a UUIDv7 that knows its slot.

#include <compare>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "domain/uuid.h"

namespace florin {

template <class Tag>
class Id {
public:
    static constexpr std::string_view kPrefix = Tag::kPrefix;

    Id() = default;
    explicit Id(const Uuid& uuid) : uuid_(uuid) {}

    static Id make(Instant instant, Slot slot, std::uint64_t random) {
        return Id(make_uuid7(instant, slot, random));
    }

    // One spelling only, as text() writes it; a UUID without a slot is refused.
    static std::optional<Id> parse(std::string_view text) {
        if (!text.starts_with(kPrefix)) return std::nullopt;
        text.remove_prefix(kPrefix.size());
        if (!text.starts_with('_')) return std::nullopt;
        const auto uuid = uuid_from_base32(text.substr(1));
        if (!uuid || !is_slotted_uuid7(*uuid)) return std::nullopt;
        return Id(*uuid);
    }

    std::string text() const { return std::string(kPrefix) + '_' + to_base32(uuid_); }
    const Uuid& uuid() const { return uuid_; }
    Slot slot() const { return slot_of(uuid_); }
    Instant created_at() const { return instant_of(uuid_); }

    friend auto operator<=>(const Id&, const Id&) = default;

private:
    Uuid uuid_;
};

// clang-format off
struct PaymentTag      { static constexpr std::string_view kPrefix = "pay"; };
struct OperationTag    { static constexpr std::string_view kPrefix = "op"; };
struct PaymentOrderTag { static constexpr std::string_view kPrefix = "por"; };
struct RefundTag       { static constexpr std::string_view kPrefix = "ref"; };
struct DisputeTag      { static constexpr std::string_view kPrefix = "dsp"; };
struct SellerTag       { static constexpr std::string_view kPrefix = "sel"; };
struct FeeRuleTag      { static constexpr std::string_view kPrefix = "fee"; };
struct ChargeTag       { static constexpr std::string_view kPrefix = "wch"; };
struct MovementTag     { static constexpr std::string_view kPrefix = "wmv"; };
struct PayoutTag       { static constexpr std::string_view kPrefix = "pyo"; };
struct PayoutBatchTag  { static constexpr std::string_view kPrefix = "pyb"; };
struct FxQuoteTag      { static constexpr std::string_view kPrefix = "fxq"; };
struct JournalEntryTag { static constexpr std::string_view kPrefix = "jrn"; };
struct MerchantTag     { static constexpr std::string_view kPrefix = "mer"; };
struct EventTag        { static constexpr std::string_view kPrefix = "evt"; };
struct KeyTag          { static constexpr std::string_view kPrefix = "key"; };
struct RequestTag      { static constexpr std::string_view kPrefix = "req"; };
// clang-format on

using PaymentId = Id<PaymentTag>;
using OperationId = Id<OperationTag>;
using PaymentOrderId = Id<PaymentOrderTag>;
using RefundId = Id<RefundTag>;  // The id of the operation that it is.
using DisputeId = Id<DisputeTag>;
using SellerId = Id<SellerTag>;  // No time in it: sellers::seller_id.
using FeeRuleId = Id<FeeRuleTag>;
using ChargeId = Id<ChargeTag>;      // What a wallet was charged for a payment.
using MovementId = Id<MovementTag>;  // Of a wallet: the id of its ledger transaction.
using PayoutId = Id<PayoutTag>;
using PayoutBatchId = Id<PayoutBatchTag>;
using FxQuoteId = Id<FxQuoteTag>;            // No time in it: fx::quote_id.
using JournalEntryId = Id<JournalEntryTag>;  // Booked by hand: the id of its ledger transaction.
using MerchantId = Id<MerchantTag>;
using EventId = Id<EventTag>;
using KeyId = Id<KeyTag>;
using RequestId = Id<RequestTag>;

// The home slot of what a client creates with this idempotency key, so that a retry meets its
// record without a search. It must never change: stored payments are found by it.
Slot slot_of(std::string_view merchant_bytes, std::string_view key);

}  // namespace florin

template <class Tag>
struct std::hash<florin::Id<Tag>> {
    std::size_t operator()(const florin::Id<Tag>& id) const noexcept {
        std::size_t random;  // The last eight bytes are.
        std::memcpy(&random, id.uuid().bytes.data() + 8, sizeof random);
        return random;
    }
};
