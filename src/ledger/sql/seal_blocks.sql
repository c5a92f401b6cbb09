-- Blocks of a slot in order, and about $4 transactions at most: number, epoch, lo_xid, hi_xid, n, root, previous, hash, leaves.
-- $1 slot  $2 above this number  $3 limit of blocks  $4 limit of transactions, but for the first block
SELECT x.number, x.epoch, x.lo_xid::text::bigint, x.hi_xid::text::bigint, x.n, x.root, x.previous, x.hash, x.leaves
FROM (
    SELECT y.*, sum(y.n) OVER (ORDER BY y.number) - y.n AS before
    FROM (
        SELECT * FROM florin.ledger_block b
        WHERE b.slot = $1::smallint AND b.number > $2::bigint ORDER BY b.number LIMIT $3::bigint
    ) y
) x
WHERE x.before < $4::bigint
ORDER BY x.number
