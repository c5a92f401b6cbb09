-- What left one slot and has not arrived in the other, or the other way round: both halves are booked in one
-- transaction, so they agree at any instant. Looked at once, over all slots.
SELECT h.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'transaction' AS object,
       h.reference_id AS object_id, 'between the slots ' || h.low || ' and ' || h.high AS what, '0' AS expected,
       sum(h.amount)::text AS found, h.currency, abs(sum(h.amount)) AS at_stake
FROM (
    SELECT ((get_byte(uuid_send(e.reference_id), 6) & 15) << 8) | get_byte(uuid_send(e.reference_id), 7) AS slot,
           e.reference_id, e.amount, a.currency, least(e.slot::integer, a.owner::integer) AS low,
           greatest(e.slot::integer, a.owner::integer) AS high
    FROM florin.ledger_account a
    JOIN florin.ledger_entry e ON e.slot = a.slot AND e.account_id = a.id
    WHERE a.code = (SELECT c.code FROM chart c WHERE c.account = 'interslot') AND $1 = 0
) h
GROUP BY h.slot, h.reference_id, h.currency, h.low, h.high
HAVING sum(h.amount) <> 0
