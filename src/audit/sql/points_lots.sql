-- Owners whose lots do not have the points that they have, available and held.
SELECT coalesce(l.slot, b.slot) AS slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id,
       'wallet' AS object, '00000000-0000-0000-0000-000000000000'::uuid AS object_id,
       'points of ' || coalesce(l.owner, b.owner) AS what, coalesce(b.points, 0)::text AS expected,
       coalesce(l.points, 0)::text AS found, 'PTS' AS currency,
       abs(coalesce(l.points, 0) - coalesce(b.points, 0))::numeric AS at_stake
FROM (
    SELECT x.slot, x.merchant_id, x.owner, sum(x.remaining)::bigint AS points
    FROM points_lot x
    GROUP BY x.slot, x.merchant_id, x.owner
) l
FULL JOIN (
    SELECT a.slot, a.merchant_id, a.owner, sum(y.credits - y.debits)::bigint AS points
    FROM ledger_account a
    JOIN chart t ON t.code = a.code AND t.account IN ('points_wallet', 'points_held')
    JOIN account_balance y ON y.slot = a.slot AND y.account_id = a.id
    GROUP BY a.slot, a.merchant_id, a.owner
) b ON b.slot = l.slot AND b.merchant_id = l.merchant_id AND b.owner = l.owner
WHERE coalesce(l.points, 0) <> coalesce(b.points, 0)
