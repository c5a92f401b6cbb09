-- Refunds that wait for a second person, newest first: payment, refund.
-- $1 merchant  $2 older than this refund  $3 limit
SELECT payment_id, refund_id
FROM florin.refund_approval
WHERE state = 1 AND merchant_id = $1::uuid AND refund_id < $2::uuid
ORDER BY refund_id DESC
LIMIT $3::bigint
