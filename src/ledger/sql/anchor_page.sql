-- Anchors in order: number, anchored_at, slots, heads, heads_root, peaks, note.   $1 above this number  $2 limit
SELECT number, anchored_at, slots, heads, heads_root, peaks, note
FROM florin.ledger_anchor
WHERE number > $1::bigint
ORDER BY number
LIMIT $2::bigint
