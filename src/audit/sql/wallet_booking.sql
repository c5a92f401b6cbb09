-- Movements of wallets that are not booked as they ended: a transaction that is missing, or of another kind, or moves
-- another amount in or out of the wallet; one for what was refused; and one that no movement asked for.
SELECT coalesce(m.slot, t.slot) AS slot, coalesce(m.payment_id, t.source_id) AS payment_id, 'movement' AS object,
       coalesce(m.id, t.id) AS object_id, 'booking' AS what,
       CASE WHEN m.id IS NULL OR m.refusal <> '' THEN 'none' ELSE m.booked || ' of ' || m.spent END AS expected,
       CASE WHEN t.id IS NULL THEN 'none' ELSE t.kind || ' of ' || t.spent END AS found,
       coalesce(m.asset, '') AS currency, coalesce(m.amount, abs(t.spent))::numeric AS at_stake
FROM (
    SELECT x.*, w.booked, x.amount * w.spends AS spent
    FROM wallet_movement x
    JOIN wallet_word w ON w.number = x.kind AND w.is_points = (x.asset = 'PTS')
) m
FULL JOIN (
    SELECT y.slot, y.id, y.source_id, y.merchant_id, y.kind,
           coalesce(sum(e.amount) FILTER (WHERE c.account IN ('buyer_wallet', 'buyer_wallet_held', 'points_wallet',
                                                              'points_held')), 0)::bigint AS spent
    FROM ledger_transaction y
    LEFT JOIN ledger_entry e ON e.slot = y.slot AND e.transaction_id = y.id
    LEFT JOIN ledger_account a ON a.slot = e.slot AND a.id = e.account_id
    LEFT JOIN chart c ON c.code = a.code
    WHERE y.kind IN (SELECT w.booked FROM wallet_word w)
    GROUP BY y.slot, y.id, y.source_id, y.merchant_id, y.kind
) t ON t.slot = m.slot AND t.id = m.id
WHERE CASE WHEN m.refusal <> '' THEN t.id IS NOT NULL
           ELSE (m.booked, m.spent, m.merchant_id) IS DISTINCT FROM (t.kind, t.spent, t.merchant_id) END
