-- What became of an operation: ended_version, state, due_at, and the event that ended it.
-- $1 slot  $2 payment  $3 operation
SELECT o.ended_version, o.state, o.due_at, coalesce(e.type, ''), coalesce(e.data, '')
FROM florin.operation o
LEFT JOIN florin.event e ON e.slot = o.slot AND e.payment_id = o.payment_id
                        AND e.version = o.ended_version
WHERE o.slot = $1::smallint AND o.payment_id = $2::uuid AND o.id = $3::uuid
