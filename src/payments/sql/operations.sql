-- The operations of a payment, oldest first: id, kind, state, shares, review, what a refund (5) gives back on one
-- person's word (2 = another one has approved it). A dispute that was lost counts like a refund that succeeded (2): its
-- orders no longer have that money.   $1 slot  $2 payment
SELECT o.id, o.kind, o.state, o.shares, o.review,
       CASE WHEN o.kind = 5 AND o.about = '' AND NOT EXISTS (
                SELECT FROM florin.refund_approval a
                WHERE a.slot = o.slot AND a.refund_id = o.id AND a.state = 2)
            THEN o.amount ELSE 0 END
FROM florin.operation o
WHERE o.slot = $1::smallint AND o.payment_id = $2::uuid
UNION ALL
SELECT id, 5::smallint, 2::smallint, shares, false, 0::bigint
FROM florin.dispute
WHERE slot = $1::smallint AND payment_id = $2::uuid AND status = 'lost'
ORDER BY id
