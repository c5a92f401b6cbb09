-- Disputes of which a movement is not booked, or that the booked decisions do not lead to: it is lost exactly if that was
-- booked once more often than the contrary.
SELECT d.slot, d.payment_id, 'dispute' AS object, d.id AS object_id, 'movements' AS what,
       d.movements || ', lost ' || (d.status = 'lost')::integer AS expected,
       b.booked || ', lost ' || b.lost AS found, p.currency, d.amount::numeric AS at_stake
FROM dispute d
JOIN payment p ON p.slot = d.slot AND p.id = d.payment_id
CROSS JOIN LATERAL (
    SELECT count(t.kind) AS booked,
           count(*) FILTER (WHERE t.kind = 'dispute_lost') - count(*) FILTER (WHERE t.kind = 'dispute_lost_no_more')
               AS lost
    FROM movement m
    JOIN ledger_transaction t ON t.slot = m.slot AND t.id = m.transaction_id AND t.source_id = m.payment_id
                             AND t.merchant_id = m.merchant_id
    WHERE m.slot = d.slot AND m.dispute_id = d.id
      AND t.kind IN ('dispute', 'dispute_reinstated', 'dispute_fee', 'dispute_lost', 'dispute_lost_no_more')) b
WHERE b.booked <> d.movements OR b.lost <> (d.status = 'lost')::integer
