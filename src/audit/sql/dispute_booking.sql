-- Disputes of which a movement is not booked, or that the booked movements do not lead to: the bank has the money exactly
-- if it was taken once more often than given back, and the same for what was lost.
SELECT d.slot, d.payment_id, 'dispute' AS object, d.id AS object_id, 'movements' AS what,
       d.movements || ', taken ' || d.withdrawn::integer || ', lost ' || (d.status = 'lost')::integer AS expected,
       b.booked || ', taken ' || b.taken || ', lost ' || b.lost AS found, p.currency, d.amount::numeric AS at_stake
FROM dispute d
JOIN payment p ON p.slot = d.slot AND p.id = d.payment_id
CROSS JOIN LATERAL (
    SELECT count(t.kind) AS booked,
           count(*) FILTER (WHERE t.kind = 'dispute') - count(*) FILTER (WHERE t.kind = 'dispute_reinstated') AS taken,
           count(*) FILTER (WHERE t.kind = 'dispute_lost') - count(*) FILTER (WHERE t.kind = 'dispute_lost_no_more')
               AS lost
    FROM movement m
    JOIN ledger_transaction t ON t.slot = m.slot AND t.id = m.transaction_id AND t.source_id = m.payment_id
                             AND t.merchant_id = m.merchant_id
    WHERE m.slot = d.slot AND m.dispute_id = d.id
      AND t.kind IN ('dispute', 'dispute_reinstated', 'dispute_lost', 'dispute_lost_no_more')) b
WHERE b.booked <> d.movements OR b.taken <> d.withdrawn::integer OR b.lost <> (d.status = 'lost')::integer
