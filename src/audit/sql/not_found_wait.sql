-- Operations that the provider has not heard of for more than a day, and that nobody could prove absent.
SELECT o.slot, o.payment_id, 'operation' AS object, o.id AS object_id, o.kind || ' not found' AS what,
       'a proof within a day' AS expected, o.state || ' since ' || o.sent_at AS found,
       coalesce(p.currency, '') AS currency, o.amount::numeric AS at_stake
FROM operation o
LEFT JOIN payment p ON p.slot = o.slot AND p.id = o.payment_id
WHERE o.state = 'not_found_wait' AND o.sent_at < $3 - interval '1 day'
