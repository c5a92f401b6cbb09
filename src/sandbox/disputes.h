#pragma once

// Facts about disputes that the calls and their JSON share.

#include <cstdint>
#include <string_view>

namespace florin::sandbox {

inline constexpr std::int64_t kDisputeFee = 1500;  // In any currency; taken with the money.
inline constexpr std::int64_t kDisputeSeconds = 9 * 86'400;    // Time for an answer.
inline constexpr std::string_view kDueBy = "evidence_due_by";  // Sets another, by `advance`.
inline constexpr std::int64_t kDueByMax = 32'503'680'000;      // The year 3000.

inline constexpr std::string_view kEvidenceNames[] = {
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
};

// Those of them that are ids of uploaded files.
inline constexpr std::string_view kEvidenceFiles[] = {
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
};

}  // namespace florin::sandbox
