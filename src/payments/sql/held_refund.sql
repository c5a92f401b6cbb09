-- The payment of a refund that waits for a second person, or waited.   $1 slot  $2 refund  $3 merchant
SELECT payment_id
FROM florin.refund_approval
WHERE slot = $1::smallint AND refund_id = $2::uuid AND merchant_id = $3::uuid
