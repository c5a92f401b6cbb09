-- The operations of a payment, oldest first: id, kind, state, shares, review. A dispute that was lost counts
-- like a refund (5) that succeeded (2): its orders no longer have that money.   $1 slot  $2 payment
SELECT id, kind, state, shares, review
FROM florin.operation
WHERE slot = $1::smallint AND payment_id = $2::uuid
UNION ALL
SELECT id, 5::smallint, 2::smallint, shares, false
FROM florin.dispute
WHERE slot = $1::smallint AND payment_id = $2::uuid AND status = 'lost'
ORDER BY id
