-- Payments over all slots, newest first (columns as in load.sql).
-- $1 merchant (nil = any)  $2 older than this id  $3 status  $4 currency  $5 checkout (empty = any)
-- $6 created from  $7 created before  $8 limit
SELECT x.*
FROM florin.slot_dir d
CROSS JOIN LATERAL (
    SELECT *
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
