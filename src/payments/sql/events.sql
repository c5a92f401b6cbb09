-- Events of a payment, oldest first: id, version, operation, type, data, at.
-- $1 slot  $2 payment  $3 above this version  $4 limit
SELECT id, version, operation_id, type, data, at
FROM florin.event
WHERE slot = $1::smallint AND payment_id = $2::uuid AND version > $3::integer
ORDER BY version
LIMIT $4::bigint
