-- Operations that ended without the event that is their answer, or are looked at although they have ended, or are not
-- looked at although they have not and wait for nobody.
SELECT o.slot, o.payment_id, 'operation' AS object, o.id AS object_id, 'end of ' || o.kind AS what,
       CASE WHEN o.has_ended THEN 'ended, event of a ' || CASE WHEN o.state = 'succeeded' AND NOT o.is_late
                                                                THEN 'yes' ELSE 'no' END
            ELSE 'not ended, due' END AS expected,
       o.state || CASE WHEN o.ended_version = 0 THEN ', no end' ELSE ', ended by ' || coalesce(e.type, 'nothing') END
           || CASE WHEN o.due_at = 'infinity' THEN ', never due' ELSE ', due' END AS found,
       coalesce(p.currency, '') AS currency, o.amount::numeric AS at_stake
FROM operation o
LEFT JOIN event e ON e.slot = o.slot AND e.payment_id = o.payment_id AND e.version = o.ended_version
                        AND e.operation_id = o.id
LEFT JOIN payment p ON p.slot = o.slot AND p.id = o.payment_id
WHERE (o.has_ended OR o.waits) <> (o.due_at = 'infinity') OR o.has_ended <> (o.ended_version > 0)
   OR (o.has_ended AND o.kind IS NOT NULL AND NOT EXISTS (
           SELECT FROM end_word w
           WHERE w.kind = o.kind AND w.type = e.type AND w.has_succeeded = (o.state = 'succeeded' AND NOT o.is_late)))
