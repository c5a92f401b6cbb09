-- What sellers have to do with it is seen by release_split.
-- Bookings that balance and yet move other amounts, between other accounts or for another owner than their operation says.
WITH wanted AS (
    SELECT l.slot, l.transaction_id, l.name, l.merchant_id, l.reference_id, sum(l.amount) AS amount
    FROM leg l
    WHERE l.amount <> 0
    GROUP BY l.slot, l.transaction_id, l.name, l.merchant_id, l.reference_id),
booked AS (
    SELECT e.slot, e.transaction_id, a.name, a.merchant_id, e.reference_id, sum(e.amount) AS amount
    FROM ledger_entry e
    JOIN account a ON a.slot = e.slot AND a.id = e.account_id
    JOIN chart c ON c.code = a.code AND (c.account IN (SELECT r.account FROM leg_rule r)
                                         OR c.account IN ('fx_position', 'fx_revenue'))
    GROUP BY e.slot, e.transaction_id, a.name, a.merchant_id, e.reference_id),
-- Others tell of bookings that are missing, that nobody wanted, that are empty or do not balance.
sound AS (
    SELECT b.slot, b.payment_id, b.transaction_id
    FROM booking b
    JOIN ledger_transaction t ON t.slot = b.slot AND t.id = b.transaction_id
    JOIN ledger_entry e ON e.slot = b.slot AND e.transaction_id = b.transaction_id
    LEFT JOIN ledger_account a ON a.slot = e.slot AND a.id = e.account_id
    GROUP BY b.slot, b.payment_id, b.transaction_id
    HAVING sum(e.amount) = 0 AND count(*) = count(a.id))
SELECT s.slot, s.payment_id, 'transaction' AS object, s.transaction_id AS object_id,
       x.name || ' for ' || x.reference_id AS what, coalesce(x.wanted, 0)::text AS expected,
       coalesce(x.booked, 0)::text AS found, right(x.name, 3) AS currency,
       abs(coalesce(x.wanted, 0) - coalesce(x.booked, 0)) AS at_stake
FROM (
    SELECT slot, transaction_id, name, reference_id, w.amount AS wanted, f.amount AS booked
    FROM wanted w
    FULL JOIN booked f USING (slot, transaction_id, name, merchant_id, reference_id)
    WHERE w.amount IS DISTINCT FROM f.amount
) x
JOIN sound s ON s.slot = x.slot AND s.transaction_id = x.transaction_id
