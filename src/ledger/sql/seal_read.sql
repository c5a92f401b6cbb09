-- Transactions with their legs, in the order in which they are sealed: number of the range, slot, id, merchant, source, kind,
-- recorded_at, xid, whether there is a leg, leg, account, amount, reference.
-- $1 florin.ledger_range[]  $2 limit of transactions of each range
SELECT r.number, t.slot, t.id, t.merchant_id, t.source_id, t.kind, t.recorded_at, t.xid::text::bigint,
       e.leg IS NOT NULL, e.leg, e.account_id, e.amount, e.reference_id
FROM florin.slot_dir d
JOIN unnest($1::florin.ledger_range[]) r ON r.slot = d.slot
CROSS JOIN LATERAL (
    SELECT * FROM florin.ledger_transaction x
    WHERE x.slot = d.slot AND x.xid >= r.lo_xid::text::xid8 AND x.xid < r.hi_xid::text::xid8
    ORDER BY x.xid, x.id
    LIMIT $2::bigint
) t
LEFT JOIN LATERAL (
    SELECT y.leg, y.account_id, y.amount, y.reference_id FROM florin.ledger_entry y
    WHERE y.slot = d.slot AND y.transaction_id = t.id
    ORDER BY y.leg
    LIMIT 100000
) e ON true
ORDER BY r.slot, r.number, t.xid, t.id, e.leg, e.account_id
