-- Takes over payments that nobody else has touched since they were read: id, merchant, due_at before.
-- $1 slot[]  $2 merchant[]  $3 payment[]  $4 due[]  $5 until
UPDATE florin.payment p
SET due_at = $5::timestamptz
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::timestamptz[]) AS u (slot, merchant, id, due)
WHERE p.slot = u.slot AND p.merchant_id = u.merchant AND p.id = u.id AND p.due_at = u.due
RETURNING p.id, p.merchant_id, u.due
