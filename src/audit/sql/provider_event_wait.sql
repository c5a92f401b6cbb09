-- What a provider told more than an hour ago, and nobody could make sense of yet.
SELECT v.slot, v.payment_id, 'provider_event' AS object, v.payment_id AS object_id,
       v.provider || ' ' || v.type || ' ' || v.id AS what, 'done within an hour' AS expected,
       'waiting since ' || v.received_at || CASE v.why WHEN '' THEN '' ELSE ': ' || v.why END AS found,
       coalesce(p.currency, '') AS currency, coalesce(p.amount, 0)::numeric AS at_stake
FROM provider_event v
LEFT JOIN payment p ON p.slot = v.slot AND p.id = v.payment_id
WHERE v.state = 0 AND v.received_at < $3 - interval '1 hour'
