-- Who used a client's key: request_hash, operation, payment.   $1 slot  $2 merchant  $3 scope  $4 key
SELECT request_hash, operation_id, payment_id
FROM florin.idempotency
WHERE slot = $1::smallint AND merchant_id = $2::uuid AND scope = $3::smallint AND key = $4::text
