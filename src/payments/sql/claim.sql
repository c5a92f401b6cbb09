-- Takes over operations that nobody else has touched since they were read; this write is also the
-- barrier before anything is sent.   $1 slot[]  $2 payment[]  $3 operation[]  $4 due[]  $5 until
UPDATE florin.operation o
SET due_at = $5::timestamptz, tries = (o.tries + 1)::smallint
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::timestamptz[]) AS u (slot, payment, id, due)
WHERE o.slot = u.slot AND o.payment_id = u.payment AND o.id = u.id AND o.due_at = u.due
RETURNING o.payment_id, o.id, o.merchant_id, o.due_at, o.tries
