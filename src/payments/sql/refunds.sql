-- The refunds of a payment, oldest first.   $1 slot  $2 payment
SELECT id
FROM florin.operation
WHERE slot = $1::smallint AND payment_id = $2::uuid AND kind = 5
ORDER BY id
