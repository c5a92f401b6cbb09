-- A file, with the columns of all reads of files.   $1 slot  $2 id  $3 merchant (nil = any)
SELECT b.id, b.merchant_id, b.currency, b.source, b.name, b.bic, b.payouts, b.amount, b.created_at, b.exported_at
FROM florin.payout_batch b
WHERE b.slot = $1::smallint AND b.id = $2::uuid
  AND ($3::uuid = '00000000-0000-0000-0000-000000000000' OR b.merchant_id = $3)
