-- Reserves that are to be given back: payout, merchant, seller's reference, currency, amount, due_at.   $1 now  $2 limit
SELECT r.payout_id, p.merchant_id, p.seller, p.currency, r.amount, r.due_at
FROM florin.payout_reserve r
JOIN florin.payout p ON p.slot = r.slot AND p.id = r.payout_id
WHERE r.due_at < 'infinity' AND r.due_at <= $1::timestamptz
ORDER BY r.due_at
LIMIT $2::bigint
