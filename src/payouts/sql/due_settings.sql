-- Settings whose run is due: slot, seller, currency, due_at.   $1 now  $2 limit
SELECT slot, seller_id, currency, due_at
FROM florin.payout_settings
WHERE due_at < 'infinity' AND due_at <= $1::timestamptz
ORDER BY due_at
LIMIT $2::bigint
