-- Operations that share a key at the provider: it would take the second for a repetition of the first.
SELECT o.slot, min(o.payment_id::text)::uuid AS payment_id, 'operation' AS object, max(o.id::text)::uuid AS object_id,
       'key ' || o.provider_key || ' at ' || o.provider AS what, '1 operation' AS expected,
       count(*) || ' operations' AS found, '' AS currency, sum(o.amount) AS at_stake
FROM operation o
GROUP BY o.slot, o.provider, o.provider_key
HAVING count(*) > 1
