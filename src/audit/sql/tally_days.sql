-- Days of an account that are not what the entries below its slot's mark add up to.
SELECT z.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'account' AS object, z.account_id AS object_id,
       'debits, credits of ' || z.day AS what, concat_ws(', ', z.debits, z.credits) AS expected,
       concat_ws(', ', z.day_debits, z.day_credits) AS found, coalesce(a.currency, '') AS currency,
       greatest(abs(z.debits - z.day_debits), abs(z.credits - z.day_credits)) AS at_stake
FROM (
    SELECT slot, account_id, day, coalesce(e.debits, 0) AS debits, coalesce(e.credits, 0) AS credits,
           coalesce(d.debits, 0)::numeric AS day_debits, coalesce(d.credits, 0)::numeric AS day_credits
    FROM (
        SELECT x.slot, x.account_id, (t.recorded_at AT TIME ZONE 'UTC')::date AS day,
               sum(greatest(x.amount, 0)) AS debits, -sum(least(x.amount, 0)) AS credits
        FROM ledger_entry x
        JOIN ledger_transaction t ON t.slot = x.slot AND t.id = x.transaction_id
        JOIN tally_mark m ON m.slot = t.slot AND t.xid < m.hi_xid
        GROUP BY 1, 2, 3
    ) e
    FULL JOIN tally_day d USING (slot, account_id, day)
) z
LEFT JOIN ledger_account a ON a.slot = z.slot AND a.id = z.account_id
WHERE (z.debits, z.credits) <> (z.day_debits, z.day_credits)
