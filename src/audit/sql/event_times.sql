-- Events that lie more than ten seconds before the one that they follow, or in the future; payments whose last change
-- is not their last event. Clocks of several machines differ a little.
SELECT e.slot, e.payment_id, 'event' AS object, e.id AS object_id, 'time of version ' || e.version AS what,
       CASE WHEN e.at > $3 + interval '1 minute' THEN 'not in the future'
            WHEN e.at < e.before - interval '10 seconds' THEN 'not before ' || e.before
            ELSE 'at ' || p.updated_at END AS expected,
       e.at::text AS found, p.currency, 0::numeric AS at_stake
FROM (
    SELECT v.slot, v.payment_id, v.id, v.version, v.at,
           lag(v.at) OVER (PARTITION BY v.slot, v.payment_id ORDER BY v.version) AS before
    FROM event v
) e
JOIN payment p ON p.slot = e.slot AND p.id = e.payment_id
WHERE e.at > $3 + interval '1 minute' OR e.at < e.before - interval '10 seconds'
   OR (e.version = p.version AND e.at <> p.updated_at)
