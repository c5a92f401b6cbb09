-- Strict accounts whose row is not what their entries add up to, or that have no row, or a row without entries.
SELECT coalesce(f.slot, b.slot) AS slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id,
       'account' AS object, coalesce(f.id, b.account_id) AS object_id, 'row of ' || coalesce(f.name, '?') AS what,
       coalesce(format('debits %s, credits %s, %s entries, side %s', f.debits, f.credits, f.entries, f.strict),
                'none') AS expected,
       coalesce(format('debits %s, credits %s, %s entries, side %s', b.debits, b.credits, b.seq, b.normal),
                'none') AS found,
       coalesce(f.currency, '') AS currency,
       abs(coalesce(f.debits - f.credits, 0) - coalesce(b.debits - b.credits, 0))::numeric AS at_stake
FROM (
    SELECT a.slot, a.id, a.name, a.currency, a.strict,
           coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0) AS debits,
           coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0) AS credits, count(*) AS entries
    FROM account a
    JOIN ledger_entry e ON e.slot = a.slot AND e.account_id = a.id
    WHERE a.strict <> 0
    GROUP BY a.slot, a.id, a.name, a.currency, a.strict
) f
FULL JOIN account_balance b ON b.slot = f.slot AND b.account_id = f.id
WHERE (f.debits, f.credits, f.entries, f.strict) IS DISTINCT FROM (b.debits, b.credits, b.seq::bigint, b.normal::integer)
