-- Slots with events that may go into the feed, the longest waiting first: slot, their mark, the next one, how many events lie
-- between about. Only below the horizon of this node, and between two xids.   $1 the most at once of a slot
SELECT m.slot, m.hi_xid::text::bigint,
       CASE WHEN w.n > $1::bigint THEN greatest(w.last_xid, w.first_xid + 1)
            ELSE pg_snapshot_xmin(pg_current_snapshot())::text::bigint END,
       w.n
FROM florin.event_mark m
CROSS JOIN LATERAL (
    SELECT count(*) AS n, min(z.xid) AS first_xid, max(z.xid) AS last_xid
    FROM (
        SELECT y.xid::text::bigint AS xid
        FROM (
            (SELECT e.xid FROM florin.event e
             WHERE e.slot = m.slot AND e.xid >= m.hi_xid AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
             ORDER BY e.xid
             LIMIT $1::bigint + 1)
            UNION ALL
            (SELECT e.xid FROM florin.payout_event e
             WHERE e.slot = m.slot AND e.xid >= m.hi_xid AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
             ORDER BY e.xid
             LIMIT $1::bigint + 1)
        ) y
        ORDER BY y.xid
        LIMIT $1::bigint + 1
    ) z
) w
WHERE w.n > 0
ORDER BY w.first_xid
