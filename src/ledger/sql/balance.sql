-- The balance of one account over all slots, exact at this instant: the columns of balances.sql, and why OFFSET 0 stands there; no row
-- when it has no entries.   $1 merchant  $2 code  $3 owner  $4 currency
SELECT a.code, a.owner, a.currency, sum(x.debits)::bigint, -sum(x.credits)::bigint
FROM florin.ledger_account a
CROSS JOIN LATERAL (
    SELECT b.debits, -b.credits AS credits FROM florin.tally_balance b
    WHERE b.slot = a.slot AND b.account_id = a.id
    UNION ALL
    SELECT greatest(e.amount, 0), least(e.amount, 0)
    FROM florin.tally_mark m
    CROSS JOIN LATERAL (
        SELECT y.id FROM florin.ledger_transaction y WHERE y.slot = a.slot AND y.xid >= m.hi_xid OFFSET 0
    ) t
    CROSS JOIN LATERAL (
        SELECT y.amount FROM florin.ledger_entry y
        WHERE y.slot = a.slot AND y.account_id = a.id AND y.transaction_id = t.id OFFSET 0
    ) e
    WHERE m.slot = a.slot
) x
WHERE a.merchant_id = $1::uuid AND a.code = $2::smallint AND a.owner = $3::text AND a.currency = $4::text
GROUP BY a.code, a.owner, a.currency
