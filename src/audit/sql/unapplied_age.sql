-- Money that has stood in unapplied for more than three days: it came without a reason that we
-- know. It is about what booked it; a line that was booked by hand is about what it refers to, in
-- whichever slot that stands. Looked at once, over all slots.
SELECT x.slot, CASE WHEN x.is_by_hand THEN '00000000-0000-0000-0000-000000000000' ELSE x.origin END AS payment_id,
       CASE WHEN x.is_by_hand THEN 'journal_entry' ELSE 'payment' END AS object, x.origin AS object_id,
       'unapplied' AS what, '0 after three days' AS expected, (-x.amount) || ' since ' || x.since AS found, x.currency,
       abs(x.amount) AS at_stake
FROM (
    SELECT ((get_byte(uuid_send(u.origin), 6) & 15) << 8) | get_byte(uuid_send(u.origin), 7) AS slot, u.origin,
           u.currency, bool_or(u.is_by_hand AND u.origin = u.source_id) AS is_by_hand, sum(u.amount) AS amount,
           min(u.recorded_at) AS since
    FROM (
        SELECT CASE WHEN w.booked IS NULL THEN t.source_id ELSE e.reference_id END AS origin, t.source_id,
               w.booked IS NOT NULL AS is_by_hand, a.currency, e.amount, t.recorded_at
        FROM florin.ledger_account a
        JOIN florin.ledger_entry e ON e.slot = a.slot AND e.account_id = a.id
        JOIN florin.ledger_transaction t ON t.slot = e.slot AND t.id = e.transaction_id
        LEFT JOIN journal_word w ON w.booked = t.kind
        WHERE a.code = (SELECT c.code FROM chart c WHERE c.account = 'unapplied') AND $1 = 0
    ) u
    GROUP BY u.origin, u.currency
) x
WHERE x.amount <> 0 AND x.since < $3 - interval '3 days'
