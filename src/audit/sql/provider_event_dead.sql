-- What a provider told and nobody but a person can help with.
SELECT v.slot, v.payment_id, 'provider_event' AS object, v.payment_id AS object_id,
       v.provider || ' ' || v.type || ' ' || v.id AS what, 'done, or discarded by a person' AS expected,
       'dead: ' || v.why AS found, coalesce(p.currency, '') AS currency, coalesce(p.amount, 0)::numeric AS at_stake
FROM provider_event v
LEFT JOIN payment p ON p.slot = v.slot AND p.id = v.payment_id
WHERE v.state = 2
