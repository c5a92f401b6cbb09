-- Files, newest first (columns as in batch.sql).   $1 merchant (nil = any)  $2 older than this id  $3 limit
SELECT b.id, b.merchant_id, b.currency, b.source, b.name, b.bic, b.payouts, b.amount, b.created_at, b.exported_at
FROM florin.payout_batch b
WHERE ($1::uuid = '00000000-0000-0000-0000-000000000000' OR b.merchant_id = $1) AND b.id < $2::uuid
ORDER BY b.id DESC
LIMIT $3::bigint
