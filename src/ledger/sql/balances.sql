-- Balances over all slots, exact at this instant: code, owner, currency, debits, credits. The roll-ups, and what was booked since.
-- OFFSET 0 keeps the planner from reading all history instead of the tails: it cannot know how short they are.
-- $1 merchant (nil = all)
SELECT a.code, a.owner, a.currency, sum(x.debits)::bigint, -sum(x.credits)::bigint
FROM florin.ledger_account a
JOIN (
    SELECT b.slot, b.account_id, b.debits, -b.credits AS credits FROM florin.tally_balance b
    UNION ALL
    SELECT m.slot, e.account_id, greatest(e.amount, 0), least(e.amount, 0)
    FROM florin.tally_mark m
    CROSS JOIN LATERAL (
        SELECT y.id FROM florin.ledger_transaction y WHERE y.slot = m.slot AND y.xid >= m.hi_xid OFFSET 0
    ) t
    CROSS JOIN LATERAL (
        SELECT y.account_id, y.amount FROM florin.ledger_entry y
        WHERE y.slot = m.slot AND y.transaction_id = t.id OFFSET 0
    ) e
) x ON x.slot = a.slot AND x.account_id = a.id
WHERE $1::uuid = '00000000-0000-0000-0000-000000000000' OR a.merchant_id = $1
GROUP BY a.code, a.owner, a.currency
ORDER BY a.code, a.owner, a.currency
