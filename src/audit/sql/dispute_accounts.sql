-- Disputes whose bookings together leave something else than the dispute says: what the bank has and nobody has decided
-- yet in chargeback_receivable, the provider's fee, and what was lost with the orders, or with us where they have it no more.
WITH wanted AS (
    SELECT d.slot, d.id AS dispute_id, d.payment_id, d.merchant_id, w.name || ':' || w.currency AS name, w.reference_id,
           w.amount
    FROM (SELECT v.*, CASE v.status WHEN 'lost' THEN v.amount ELSE 0 END AS lost,
                 (SELECT coalesce(sum(x), 0) FROM unnest(v.shares) x WHERE v.status = 'lost') AS covered
          FROM dispute v) d
    JOIN payment p ON p.slot = d.slot AND p.id = d.payment_id
    -- What the provider took, in the currency that it has.
    CROSS JOIN LATERAL (
        SELECT CASE p.presentment_currency WHEN '' THEN p.currency ELSE p.presentment_currency END AS currency,
               CASE p.presentment_currency WHEN '' THEN d.withdrawn ELSE d.presentment_withdrawn END AS withdrawn) t
    CROSS JOIN LATERAL (
        SELECT 'psp_receivable:' || d.provider AS name, t.currency, d.id AS reference_id, -t.withdrawn - d.fee AS amount
        UNION ALL
        SELECT 'chargeback_receivable', p.currency, d.id, d.withdrawn - d.lost
        UNION ALL
        SELECT 'chargeback_fees', t.currency, d.id, d.fee
        UNION ALL
        SELECT 'chargeback_loss', p.currency, d.id, d.lost - d.covered
        UNION ALL
        -- What was paid in another currency is converted over the positions; the spread was ours.
        SELECT 'fx_position', t.currency, p.fx_quote_id, d.presentment_withdrawn
        UNION ALL
        SELECT 'fx_position', p.currency, p.fx_quote_id, -d.withdrawn - d.fx_spread WHERE t.currency <> p.currency
        UNION ALL
        SELECT 'fx_revenue', p.currency, p.fx_quote_id, d.fx_spread
        UNION ALL
        SELECT 'escrow', p.currency, q.id, d.shares[q.n + 1] - coalesce(d.taken_back[q.n + 1], 0)
        FROM payment_order q
        WHERE q.slot = d.slot AND q.payment_id = d.payment_id AND d.status = 'lost') w
    WHERE w.amount <> 0),
booked AS (
    SELECT m.slot, m.dispute_id, m.payment_id, a.merchant_id, a.name, e.reference_id, sum(e.amount) AS amount
    FROM movement m
    JOIN ledger_entry e ON e.slot = m.slot AND e.transaction_id = m.transaction_id
    JOIN account a ON a.slot = e.slot AND a.id = e.account_id
    JOIN dispute d ON d.slot = m.slot AND d.id = m.dispute_id
    LEFT JOIN chart c ON c.code = a.code
    -- What was released comes back from sellers, from us and from carriers: release_split knows whose part is how much.
    WHERE cardinality(d.taken_back) = 0 OR e.reference_id = d.id OR c.account IN ('escrow', 'fx_position', 'fx_revenue')
    GROUP BY m.slot, m.dispute_id, m.payment_id, a.merchant_id, a.name, e.reference_id
    HAVING sum(e.amount) <> 0),
-- Others tell of movements that are missing, empty, or do not balance.
unsound AS (
    SELECT m.slot, m.dispute_id
    FROM movement m
    LEFT JOIN ledger_entry e ON e.slot = m.slot AND e.transaction_id = m.transaction_id
    LEFT JOIN ledger_account a ON a.slot = e.slot AND a.id = e.account_id
    GROUP BY m.slot, m.dispute_id, m.transaction_id, a.currency
    HAVING coalesce(sum(e.amount), 1) <> 0 OR count(*) <> count(a.id))
SELECT x.slot, x.payment_id, 'dispute' AS object, x.dispute_id AS object_id,
       x.name || ' for ' || x.reference_id AS what, coalesce(x.wanted, 0)::text AS expected,
       coalesce(x.booked, 0)::text AS found, right(x.name, 3) AS currency,
       abs(coalesce(x.wanted, 0) - coalesce(x.booked, 0)) AS at_stake
FROM (
    SELECT slot, dispute_id, payment_id, name, reference_id, w.amount AS wanted, f.amount AS booked
    FROM wanted w
    FULL JOIN booked f USING (slot, dispute_id, payment_id, merchant_id, name, reference_id)
    WHERE w.amount IS DISTINCT FROM f.amount
) x
WHERE NOT EXISTS (SELECT FROM unsound u WHERE u.slot = x.slot AND u.dispute_id = x.dispute_id)
