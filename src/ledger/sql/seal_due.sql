-- Slots with transactions to seal, the longest waiting first: slot, epoch, last block (0 = none), its hi_xid and hash, hi_xid of
-- the next block, and about how many transactions it will have. Only below the horizon of this node: nothing below it can be
-- committed any more. A block ends between two xids, for all of an xid commits at once.
-- $1 due when one is older than this  $2 or when there are so many, which is the most of a block  $3 limit
SELECT d.slot, d.epoch, coalesce(b.number, 0), coalesce(b.hi_xid, '0')::text::bigint,
       coalesce(b.hash, decode(repeat('00', 32), 'hex')),
       CASE WHEN w.n > $2::bigint THEN greatest(w.last_xid, w.first_xid + 1)
            ELSE pg_snapshot_xmin(pg_current_snapshot())::text::bigint END,
       w.n
FROM florin.slot_dir d
LEFT JOIN LATERAL (
    SELECT x.number, x.hi_xid, x.hash FROM florin.ledger_block x
    WHERE x.slot = d.slot ORDER BY x.number DESC LIMIT 1
) b ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS n, min(y.xid) AS first_xid, max(y.xid) AS last_xid, min(y.recorded_at) AS oldest
    FROM (
        SELECT t.xid::text::bigint AS xid, t.recorded_at FROM florin.ledger_transaction t
        WHERE t.slot = d.slot AND t.xid >= coalesce(b.hi_xid, '0')
          AND t.xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY t.xid
        LIMIT $2::bigint + 1
    ) y
) w
WHERE w.n >= $2::bigint OR w.oldest < $1::timestamptz
ORDER BY w.oldest
LIMIT $3::bigint
