-- Takes over disputes that nobody else has touched since they were read: payment, id, due_at.
-- $1 slot[]  $2 id[]  $3 due[]  $4 until
UPDATE florin.dispute d
SET due_at = $4::timestamptz
FROM unnest($1::smallint[], $2::uuid[], $3::timestamptz[]) AS u (slot, id, due)
WHERE d.slot = u.slot AND d.id = u.id AND d.due_at = u.due
RETURNING d.payment_id, d.id, d.due_at
