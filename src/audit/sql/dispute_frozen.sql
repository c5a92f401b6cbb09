-- Disputes for which the reserves of sellers hold something else than the dispute says, and reserves that name none. Looked
-- at once, over all slots: sellers live elsewhere than their payments.
SELECT ((get_byte(uuid_send(x.id), 6) & 15) << 8) | get_byte(uuid_send(x.id), 7) AS slot,
       coalesce(x.payment_id, '00000000-0000-0000-0000-000000000000'::uuid) AS payment_id, 'dispute' AS object,
       x.id AS object_id, 'frozen' AS what, coalesce(x.wanted, 0)::text AS expected, coalesce(x.booked, 0)::text AS found,
       x.currency, abs(coalesce(x.wanted, 0) - coalesce(x.booked, 0)) AS at_stake
FROM (
    SELECT coalesce(w.id, b.id) AS id, w.payment_id, w.wanted, b.booked, coalesce(w.currency, b.currency) AS currency
    FROM (
        SELECT d.id, d.payment_id, p.currency, (SELECT sum(f) FROM unnest(d.frozen) f) AS wanted
        FROM florin.dispute d
        JOIN florin.payment p ON p.slot = d.slot AND p.id = d.payment_id
        WHERE cardinality(d.frozen) > 0
    ) w
    FULL JOIN (
        SELECT e.reference_id AS id, a.currency, -sum(e.amount) AS booked
        FROM florin.ledger_account a
        JOIN florin.ledger_entry e ON e.slot = a.slot AND e.account_id = a.id
        JOIN florin.ledger_transaction t ON t.slot = e.slot AND t.id = e.transaction_id
        WHERE a.code = (SELECT c.code FROM chart c WHERE c.account = 'seller_reserve')
          AND t.kind IN ('dispute_frozen', 'dispute_thawed')
        GROUP BY e.reference_id, a.currency
        HAVING sum(e.amount) <> 0
    ) b ON b.id = w.id
) x
WHERE x.wanted IS DISTINCT FROM x.booked AND $1 = 0
