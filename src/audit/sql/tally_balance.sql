-- Roll-ups that are not what the entries below their slot's mark add up to.
SELECT z.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'account' AS object, z.account_id AS object_id,
       'roll-up of debits, credits, entries' AS what, concat_ws(', ', z.debits, z.credits, z.n) AS expected,
       concat_ws(', ', z.up_debits, z.up_credits, z.up_n) AS found, coalesce(a.currency, '') AS currency,
       greatest(abs(z.debits - z.up_debits), abs(z.credits - z.up_credits)) AS at_stake
FROM (
    SELECT slot, account_id, coalesce(e.debits, 0) AS debits, coalesce(e.credits, 0) AS credits, coalesce(e.n, 0) AS n,
           coalesce(b.debits, 0)::numeric AS up_debits, coalesce(b.credits, 0)::numeric AS up_credits,
           coalesce(b.n, 0) AS up_n
    FROM (
        SELECT x.slot, x.account_id, sum(x.amount) FILTER (WHERE x.amount > 0) AS debits,
               -sum(x.amount) FILTER (WHERE x.amount < 0) AS credits, count(*) AS n
        FROM ledger_entry x
        JOIN ledger_transaction t ON t.slot = x.slot AND t.id = x.transaction_id
        JOIN tally_mark m ON m.slot = t.slot AND t.xid < m.hi_xid
        GROUP BY x.slot, x.account_id
    ) e
    FULL JOIN tally_balance b USING (slot, account_id)
) z
LEFT JOIN ledger_account a ON a.slot = z.slot AND a.id = z.account_id
WHERE (z.debits, z.credits, z.n) <> (z.up_debits, z.up_credits, z.up_n)
