-- Owners whose held account is not what the open holds of their charges add up to.
SELECT coalesce(c.slot, b.slot) AS slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id,
       'account' AS object, coalesce(b.id, '00000000-0000-0000-0000-000000000000') AS object_id,
       'held of ' || coalesce(c.owner, b.owner) AS what, coalesce(c.held, 0)::text AS expected,
       coalesce(b.held, 0)::text AS found, coalesce(c.asset, b.currency) AS currency,
       abs(coalesce(c.held, 0) - coalesce(b.held, 0))::numeric AS at_stake
FROM (
    SELECT x.slot, x.merchant_id, x.owner, x.asset, sum(x.amount - x.captured - x.released)::bigint AS held
    FROM wallet_charge x
    GROUP BY x.slot, x.merchant_id, x.owner, x.asset
) c
FULL JOIN (
    SELECT a.slot, a.id, a.merchant_id, a.owner, a.currency, y.credits - y.debits AS held
    FROM ledger_account a
    JOIN chart t ON t.code = a.code AND t.account IN ('buyer_wallet_held', 'points_held')
    JOIN account_balance y ON y.slot = a.slot AND y.account_id = a.id
) b ON b.slot = c.slot AND b.merchant_id = c.merchant_id AND b.owner = c.owner AND b.currency = c.asset
WHERE coalesce(c.held, 0) <> coalesce(b.held, 0)
