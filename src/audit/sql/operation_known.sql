-- Operations of a kind or in a state that does not exist.
SELECT o.slot, o.payment_id, 'operation' AS object, o.id AS object_id, 'kind and state' AS what,
       'known ones' AS expected, coalesce(o.kind, 'unknown kind') || ', ' || coalesce(o.state, 'unknown state') AS found,
       '' AS currency, o.amount::numeric AS at_stake
FROM operation o
WHERE o.kind IS NULL OR o.state IS NULL
