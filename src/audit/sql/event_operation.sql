-- Events of an operation that the payment does not have.
SELECT e.slot, e.payment_id, 'event' AS object, e.id AS object_id, 'operation of ' || e.type AS what,
       'an operation of the payment' AS expected, 'none' AS found, p.currency, p.amount::numeric AS at_stake
FROM event e
JOIN payment p ON p.slot = e.slot AND p.id = e.payment_id
WHERE NOT EXISTS (SELECT FROM operation o
                  WHERE o.slot = e.slot AND o.payment_id = e.payment_id AND o.id = e.operation_id)
