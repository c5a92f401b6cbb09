-- The newest anchor, with the columns of anchor_page.sql.
SELECT number, anchored_at, slots, heads, heads_root, peaks, note
FROM florin.ledger_anchor
ORDER BY number DESC
LIMIT 1
