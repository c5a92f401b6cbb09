-- An anchor; who comes second with a number has written nothing: the number when it is new.
-- $1 number  $2 anchored_at  $3 slots  $4 heads  $5 heads_root  $6 peaks  $7 note
INSERT INTO florin.ledger_anchor (number, anchored_at, slots, heads, heads_root, peaks, note)
VALUES ($1::bigint, $2::timestamptz, $3::integer, $4::bytea, $5::bytea, $6::bytea, $7::text)
ON CONFLICT DO NOTHING
RETURNING number
