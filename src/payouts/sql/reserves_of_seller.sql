-- What of a seller's payouts is still held back: payout, merchant, reference, currency, amount, due_at.
-- $1 slot  $2 seller  $3 currency  $4 limit
SELECT r.payout_id, p.merchant_id, p.seller, p.currency, r.amount, r.due_at
FROM florin.payout_reserve r
JOIN florin.payout p ON p.slot = r.slot AND p.id = r.payout_id
WHERE r.slot = $1::smallint AND p.seller_id = $2::uuid AND p.currency = $3::text AND r.due_at < 'infinity'
ORDER BY r.due_at
LIMIT $4::bigint
