-- Takes over orders that nobody else has touched since they were read: payment, n, merchant, due_at.
-- $1 slot[]  $2 payment[]  $3 n[]  $4 due[]  $5 until
UPDATE florin.shipment s
SET due_at = $5::timestamptz
FROM unnest($1::smallint[], $2::uuid[], $3::smallint[], $4::timestamptz[]) AS u (slot, payment, n, due)
WHERE s.slot = u.slot AND s.payment_id = u.payment AND s.n = u.n AND s.due_at = u.due
RETURNING s.payment_id, s.n, s.merchant_id, s.due_at
