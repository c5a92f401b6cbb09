-- Journal entries whose lines are not exactly the legs of their transactions, in whichever slots
-- these stand, and transactions booked by hand that no journal entry asked for. Those are found by
-- the slot of the entry, wherever they are.
SELECT x.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'journal_entry' AS object, x.id AS object_id,
       'legs on ' || x.name || ' for ' || x.reference_id AS what,
       coalesce(x.wanted_legs || ' of ' || x.wanted, 'none') AS expected,
       coalesce(x.booked_legs || ' of ' || x.booked, 'none') AS found, right(x.name, 3) AS currency,
       abs(coalesce(x.wanted, 0) - coalesce(x.booked, 0)) AS at_stake
FROM (
    SELECT coalesce(w.slot, b.slot) AS slot, coalesce(w.id, b.id) AS id, coalesce(w.name, b.name) AS name,
           coalesce(w.reference_id, b.reference_id) AS reference_id, w.amount AS wanted, w.legs AS wanted_legs,
           b.amount AS booked, b.legs AS booked_legs
    FROM (
        SELECT j.slot::integer AS slot, j.id, j.merchant_id, k.booked AS kind, coalesce(l.account, '') AS name,
               coalesce(l.reference_id, j.id) AS reference_id, coalesce(sum(l.amount), 0) AS amount,
               count(l.n) AS legs
        FROM journal_entry j
        JOIN journal_word k ON k.is_reversal = j.is_reversal
        LEFT JOIN journal_line l ON l.slot = j.slot AND l.entry_id = j.id
        GROUP BY j.slot, j.id, j.merchant_id, k.booked, l.account, l.reference_id
    ) w
    FULL JOIN (
        SELECT ((get_byte(uuid_send(t.source_id), 6) & 15) << 8) | get_byte(uuid_send(t.source_id), 7) AS slot,
               t.source_id AS id, t.merchant_id, t.kind,
               coalesce(c.account || CASE WHEN c.has_owner THEN ':' || a.owner ELSE '' END || ':' || a.currency,
                        '?' || a.code) AS name, e.reference_id, sum(e.amount) AS amount, count(*) AS legs
        FROM florin.ledger_transaction t
        JOIN florin.ledger_entry e ON e.slot = t.slot AND e.transaction_id = t.id
        JOIN florin.ledger_account a ON a.slot = e.slot AND a.id = e.account_id
        LEFT JOIN chart c ON c.code = a.code
        WHERE t.kind IN ('journal', 'journal_reversal')
          AND (((get_byte(uuid_send(t.source_id), 6) & 15) << 8) | get_byte(uuid_send(t.source_id), 7))
              BETWEEN $1 AND $2
          AND c.account IS DISTINCT FROM 'interslot'
        GROUP BY t.source_id, t.merchant_id, t.kind, c.account, c.has_owner, a.code, a.owner, a.currency,
                 e.reference_id
    ) b ON b.slot = w.slot AND b.id = w.id AND b.merchant_id = w.merchant_id AND b.kind = w.kind
       AND b.name = w.name AND b.reference_id = w.reference_id
    WHERE (w.amount, w.legs) IS DISTINCT FROM (b.amount, b.legs)
) x
