-- Slots in which we owe something else for points than those that are outstanding are worth.
SELECT x.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'slot' AS object,
       '00000000-0000-0000-0000-000000000000'::uuid AS object_id, 'worth of points' AS what,
       (x.points * coalesce(t.value, 0))::text AS expected, x.owed::text AS found, coalesce(t.currency, '') AS currency,
       abs(x.points * coalesce(t.value, 0) - x.owed)::numeric AS at_stake
FROM (
    SELECT a.slot, coalesce(sum(e.amount) FILTER (WHERE c.account = 'points_outstanding'), 0) AS points,
           coalesce(-sum(e.amount) FILTER (WHERE c.account = 'points_liability'), 0) AS owed
    FROM ledger_account a
    JOIN chart c ON c.code = a.code AND c.account IN ('points_outstanding', 'points_liability')
    JOIN ledger_entry e ON e.slot = a.slot AND e.account_id = a.id
    GROUP BY a.slot
) x
LEFT JOIN points_terms t ON true
WHERE x.points * coalesce(t.value, 0) <> x.owed
