-- Transactions of a slot after its last block that were recorded before a time: id, recorded_at; then how many there are.
-- $1 slot  $2 from this xid on  $3 recorded before  $4 limit
SELECT t.id, t.recorded_at, count(*) OVER ()
FROM florin.ledger_transaction t
WHERE t.slot = $1::smallint AND t.xid >= $2::bigint::text::xid8 AND t.recorded_at < $3::timestamptz
ORDER BY t.recorded_at
LIMIT $4::bigint
