-- Operations that nobody has looked at although they have been due for more than five minutes.
SELECT o.slot, o.payment_id, 'operation' AS object, o.id AS object_id, o.kind || ' overdue' AS what,
       'looked at within five minutes' AS expected, o.state || ', due ' || o.due_at AS found,
       coalesce(p.currency, '') AS currency, o.amount::numeric AS at_stake
FROM operation o
LEFT JOIN payment p ON p.slot = o.slot AND p.id = o.payment_id
WHERE NOT o.has_ended AND o.due_at < $3 - interval '5 minutes'
