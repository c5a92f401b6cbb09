-- Balances over all slots of what was recorded until a time, the columns of balances.sql: whole days, the last day's part that is
-- rolled up, and what was booked since the marks.
-- $1 merchant (nil = all)  $2 until  $3 code (0 = all accounts; then $4 and $5 are not asked)  $4 owner  $5 currency
WITH part AS MATERIALIZED (
    SELECT slot, account_id, sum(greatest(amount, 0)) AS debits, sum(least(amount, 0)) AS credits
    FROM (
        SELECT e.slot, e.account_id, e.amount
        FROM florin.ledger_transaction t
        JOIN florin.tally_mark m ON m.slot = t.slot AND t.xid < m.hi_xid
        JOIN florin.ledger_entry e ON e.slot = t.slot AND e.transaction_id = t.id
        WHERE t.recorded_at >= date_trunc('day', $2::timestamptz, 'UTC') AND t.recorded_at <= $2
        UNION ALL
        SELECT e.slot, e.account_id, e.amount
        FROM florin.tally_mark m
        CROSS JOIN LATERAL (
            SELECT y.id FROM florin.ledger_transaction y
            WHERE y.slot = m.slot AND y.xid >= m.hi_xid AND y.recorded_at <= $2 OFFSET 0
        ) t
        JOIN florin.ledger_entry e ON e.slot = m.slot AND e.transaction_id = t.id
    ) e
    GROUP BY slot, account_id)
SELECT a.code, a.owner, a.currency, sum(x.debits)::bigint, -sum(x.credits)::bigint
FROM florin.ledger_account a
CROSS JOIN LATERAL (
    SELECT b.debits, -b.credits AS credits
    FROM florin.tally_day b
    WHERE b.slot = a.slot AND b.account_id = a.id AND b.day < ($2::timestamptz AT TIME ZONE 'UTC')::date
    UNION ALL
    SELECT p.debits, p.credits FROM part p WHERE p.slot = a.slot AND p.account_id = a.id
) x
WHERE ($1::uuid = '00000000-0000-0000-0000-000000000000' OR a.merchant_id = $1)
  AND ($3::smallint = 0 OR (a.code = $3 AND a.owner = $4::text AND a.currency = $5::text))
GROUP BY a.code, a.owner, a.currency
ORDER BY a.code, a.owner, a.currency
