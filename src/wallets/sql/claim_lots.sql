-- Takes over lots that nobody else has touched since they were read: slot, merchant, owner.
-- $1 slot[]  $2 id[]  $3 due[]  $4 until
UPDATE florin.points_lot l
SET due_at = $4::timestamptz
FROM unnest($1::smallint[], $2::uuid[], $3::timestamptz[]) AS u (slot, id, due)
WHERE l.slot = u.slot AND l.id = u.id AND l.due_at = u.due
RETURNING l.slot, l.merchant_id, l.owner
