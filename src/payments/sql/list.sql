-- Payments over all slots, newest first (columns as in load.sql).
-- $1 merchant (nil = any)  $2 older than this id  $3 status  $4 currency  $5 checkout (empty = any)
-- $6 created from  $7 created before  $8 limit
SELECT x.*
FROM florin.slot_dir d
CROSS JOIN LATERAL (
    SELECT slot, merchant_id, id, version, checkout_id, buyer_id, buyer_email, method_type, method_token,
           return_url, capture_later, livemode, currency, amount, authorized, capture_reserved, captured,
           voided, refund_reserved, refunded, disputed, doing, waiting_for, created_at, updated_at,
           main_id, payment_reference, operation_id, kind, state, generation, provider, provider_key,
           provider_reference, operation_amount, sent_at, due_at, tries, review, next_action,
           decline_code, decline_detail, reason, shares, is_final, why, proved_by, proof_reference,
           proof_hash, ended_version
    FROM florin.payment_operation p
    WHERE p.slot = d.slot AND p.id < $2::uuid AND p.operation_id = p.main_id
      AND ($1::uuid = '00000000-0000-0000-0000-000000000000' OR p.merchant_id = $1)
      AND ($3::text = '' OR p.status = $3) AND ($4::text = '' OR p.currency = $4)
      AND ($5::text = '' OR p.checkout_id = $5)
      AND p.created_at >= $6::timestamptz AND p.created_at < $7::timestamptz
    ORDER BY p.id DESC
    LIMIT $8::bigint
) x
ORDER BY x.id DESC
LIMIT $8::bigint
