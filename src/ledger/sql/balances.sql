-- Balances over all slots: code, owner, currency, debits, credits.
-- $1 merchant (nil = all)  $2 code (0 = all)  $3 owner  $4 currency
SELECT a.code, a.owner, a.currency,
       coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0)::bigint,
       coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0)::bigint
FROM florin.ledger_account a
JOIN florin.ledger_entry e ON e.slot = a.slot AND e.account_id = a.id
WHERE ($1::uuid = '00000000-0000-0000-0000-000000000000' OR a.merchant_id = $1)
  AND ($2::smallint = 0 OR (a.code = $2 AND a.owner = $3::text AND a.currency = $4::text))
GROUP BY a.code, a.owner, a.currency
ORDER BY a.code, a.owner, a.currency
