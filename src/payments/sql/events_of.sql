-- Events in any order: payment, id, version, operation, type, data, at.   $1 florin.event_name[]
SELECT e.payment_id, e.id, e.version, e.operation_id, e.type, e.data, e.at
FROM unnest($1::florin.event_name[]) u
JOIN florin.event e ON e.slot = u.slot AND e.payment_id = u.object_id AND e.version = u.version
