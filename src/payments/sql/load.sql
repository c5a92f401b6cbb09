-- One payment with one of its operations (columns: read_payment in store.cpp).
-- $1 slot  $2 merchant (nil = any)  $3 id  $4 operation (nil = the main one)
SELECT slot, merchant_id, id, version, checkout_id, buyer_id, buyer_email, method_type, method_token,
       return_url, capture_later, livemode, currency, amount, authorized, capture_reserved, captured,
       voided, refund_reserved, refunded, disputed, doing, waiting_for, created_at, updated_at,
       main_id, payment_reference, operation_id, kind, state, generation, provider, provider_key,
       provider_reference, operation_amount, sent_at, due_at, tries, review, next_action,
       decline_code, decline_detail, reason, shares, is_final, why, proved_by, proof_reference,
       proof_hash, ended_version
FROM florin.payment_operation
WHERE slot = $1::smallint AND id = $3::uuid
  AND ($2::uuid = '00000000-0000-0000-0000-000000000000' OR merchant_id = $2)
  AND operation_id = CASE WHEN $4::uuid = '00000000-0000-0000-0000-000000000000' THEN main_id
                          ELSE $4 END
