-- When the transaction was recorded that waits longest for being sealed; no row when none waits.
SELECT min(t.recorded_at)
FROM florin.slot_dir d
LEFT JOIN LATERAL (
    SELECT x.hi_xid FROM florin.ledger_block x WHERE x.slot = d.slot ORDER BY x.number DESC LIMIT 1
) b ON true
CROSS JOIN LATERAL (
    SELECT x.recorded_at FROM florin.ledger_transaction x
    WHERE x.slot = d.slot AND x.xid >= coalesce(b.hi_xid, '0') ORDER BY x.xid LIMIT 1
) t
HAVING count(*) > 0
