-- Operations whose outcome nobody has known for more than an hour.
SELECT o.slot, o.payment_id, 'operation' AS object, o.id AS object_id, o.kind || ' in doubt' AS what,
       'an outcome within an hour' AS expected, o.state || ' since ' || o.sent_at AS found,
       coalesce(p.currency, '') AS currency, o.amount::numeric AS at_stake
FROM operation o
LEFT JOIN payment p ON p.slot = o.slot AND p.id = o.payment_id
-- What the buyer did not do in time was sent long before somebody began to cancel it.
WHERE o.state IN ('unknown', 'fencing', 'reversing') AND o.sent_at < $3 - interval '1 hour'
  AND (o.state <> 'fencing' OR p.updated_at < $3 - interval '1 hour')
