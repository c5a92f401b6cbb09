-- Strict accounts of one owner that stand in more than one slot: each could be spent by itself. Looked at once.
SELECT min(a.slot) AS slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'account' AS object,
       (min(a.id::text))::uuid AS object_id, 'home of ' || c.account || ':' || a.owner AS what, 'one slot' AS expected,
       string_agg(a.slot::text, ', ' ORDER BY a.slot) AS found, a.currency, 0::numeric AS at_stake
FROM florin.ledger_account a
JOIN chart c ON c.code = a.code AND c.strict <> 0
WHERE $1 = 0
GROUP BY a.merchant_id, c.account, a.owner, a.currency
HAVING count(*) > 1
