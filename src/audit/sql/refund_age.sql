-- Refunds that have been in flight for more than ten days; those that wait for a second person are not.
SELECT o.slot, o.payment_id, 'operation' AS object, o.id AS object_id, 'refund in flight' AS what,
       'an end within ten days' AS expected, o.state || ' since ' || o.sent_at AS found,
       coalesce(p.currency, '') AS currency, o.amount::numeric AS at_stake
FROM operation o
LEFT JOIN payment p ON p.slot = o.slot AND p.id = o.payment_id
WHERE o.kind = 'refund' AND NOT o.waits AND o.state IN ('ready', 'sending', 'pending', 'not_sent')
  AND o.sent_at < $3 - interval '10 days'
