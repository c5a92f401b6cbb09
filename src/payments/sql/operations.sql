-- The operations of a payment, oldest first: id, kind, state, shares.   $1 slot  $2 payment
SELECT id, kind, state, shares
FROM florin.operation
WHERE slot = $1::smallint AND payment_id = $2::uuid
ORDER BY id
