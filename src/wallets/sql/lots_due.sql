-- Lots of points that may expire, the longest waiting first: slot, id, due_at.   $1 now  $2 limit
SELECT l.slot, l.id, l.due_at
FROM florin.points_lot l
WHERE l.due_at < 'infinity' AND l.due_at <= $1::timestamptz
ORDER BY l.due_at
LIMIT $2::bigint
