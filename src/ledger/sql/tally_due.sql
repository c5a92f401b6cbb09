-- Slots with entries to roll up, the longest waiting first: slot, their mark, the next one, how many transactions lie between about.
-- Only below the horizon of this node, and between two xids.
-- $1 due when one is older than this  $2 or when there are so many  $3 the most at once of a slot  $4 limit
SELECT m.slot, m.hi_xid::text::bigint,
       CASE WHEN w.n > $3::bigint THEN greatest(w.last_xid, w.first_xid + 1)
            ELSE pg_snapshot_xmin(pg_current_snapshot())::text::bigint END,
       w.n
FROM florin.tally_mark m
CROSS JOIN LATERAL (
    SELECT count(*) AS n, min(y.xid) AS first_xid, max(y.xid) AS last_xid, min(y.recorded_at) AS oldest
    FROM (
        SELECT t.xid::text::bigint AS xid, t.recorded_at FROM florin.ledger_transaction t
        WHERE t.slot = m.slot AND t.xid >= m.hi_xid AND t.xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY t.xid
        LIMIT $3::bigint + 1
    ) y
) w
WHERE w.n >= $2::bigint OR w.oldest < $1::timestamptz
ORDER BY w.oldest
LIMIT $4::bigint
