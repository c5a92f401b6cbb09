-- Charges of wallets that are not what their movements add up to.
SELECT coalesce(c.slot, m.slot) AS slot, coalesce(c.payment_id, m.payment_id) AS payment_id, 'charge' AS object,
       coalesce(c.id, m.charge_id) AS object_id, 'charge' AS what,
       coalesce(format('%s captured, %s refunded', m.captured, m.refunded), 'none') AS expected,
       coalesce(format('%s captured, %s refunded', c.captured, c.refunded), 'none') AS found,
       coalesce(c.asset, m.asset) AS currency,
       greatest(abs(coalesce(c.captured, 0) - coalesce(m.captured, 0)),
                abs(coalesce(c.refunded, 0) - coalesce(m.refunded, 0)))::numeric AS at_stake
FROM wallet_charge c
FULL JOIN (
    SELECT x.slot, x.charge_id, x.payment_id, x.asset,
           coalesce(sum(x.amount) FILTER (WHERE w.kind IN ('sale', 'capture')), 0)::bigint AS captured,
           coalesce(sum(x.amount) FILTER (WHERE w.kind = 'refund'), 0)::bigint AS refunded
    FROM wallet_movement x
    JOIN wallet_word w ON w.number = x.kind AND w.is_points = (x.asset = 'PTS')
    WHERE x.refusal = '' AND w.has_charge
    GROUP BY x.slot, x.charge_id, x.payment_id, x.asset
) m ON m.slot = c.slot AND m.charge_id = c.id
WHERE (c.captured, c.refunded) IS DISTINCT FROM (m.captured, m.refunded)
