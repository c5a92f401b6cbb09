-- Operations that ended without a proof, or succeeded without the provider's name for it.
SELECT o.slot, o.payment_id, 'operation' AS object, o.id AS object_id, 'proof of ' || o.state AS what,
       'a proof' || CASE WHEN o.state = 'succeeded' THEN ' and a reference' ELSE '' END AS expected,
       CASE WHEN o.proved_by = '' THEN 'no proof' ELSE 'no reference' END AS found, coalesce(p.currency, '') AS currency,
       o.amount::numeric AS at_stake
FROM operation o
LEFT JOIN payment p ON p.slot = o.slot AND p.id = o.payment_id
WHERE o.has_ended AND (o.proved_by = '' OR (o.state = 'succeeded' AND o.provider_reference = ''))
