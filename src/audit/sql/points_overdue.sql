-- Lots whose time came more than an hour ago, and nobody has looked whether they expire.
SELECT l.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'lot' AS object, l.id AS object_id,
       'due' AS what, 'within an hour' AS expected, 'since ' || l.due_at AS found, 'PTS' AS currency,
       l.remaining::numeric AS at_stake
FROM points_lot l
WHERE l.due_at < $3 - interval '1 hour'
