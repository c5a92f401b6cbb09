-- The payment of an order. Both ids were made at one instant in one slot, so only the payments of that millisecond are
-- looked at.   $1 slot  $2 first payment  $3 last payment  $4 order
SELECT o.payment_id
FROM florin.payment_order o
WHERE o.slot = $1::smallint AND o.payment_id BETWEEN $2::uuid AND $3::uuid AND o.id = $4::uuid
