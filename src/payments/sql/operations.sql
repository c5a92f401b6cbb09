-- Ids of the operations of a payment, oldest first.   $1 slot  $2 payment
SELECT id FROM florin.operation WHERE slot = $1::smallint AND payment_id = $2::uuid ORDER BY id
