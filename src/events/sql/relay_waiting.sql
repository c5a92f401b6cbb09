-- When the event happened that waits longest for the feed; no row when none waits.
SELECT min(y.at)
FROM florin.event_mark m
CROSS JOIN LATERAL (
    (SELECT e.at FROM florin.event e WHERE e.slot = m.slot AND e.xid >= m.hi_xid ORDER BY e.xid LIMIT 1)
    UNION ALL
    (SELECT e.at FROM florin.payout_event e WHERE e.slot = m.slot AND e.xid >= m.hi_xid ORDER BY e.xid LIMIT 1)
) y
HAVING count(*) > 0
