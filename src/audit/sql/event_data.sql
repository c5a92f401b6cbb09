-- Events that do not carry what clients are answered with: the payment, the refund, the dispute or the order at that version. The first
-- carries nothing, it is made of what a payment never changes.
SELECT e.slot, e.payment_id, 'event' AS object, e.id AS object_id, 'data of ' || e.type AS what,
       CASE WHEN e.version = 1 THEN 'nothing' WHEN e.type LIKE 'refund.%' THEN 'the refund'
            WHEN e.type LIKE 'dispute.%' THEN 'the dispute' WHEN e.type LIKE 'payment_order.%' THEN 'the order'
            ELSE 'the payment at version ' || e.version END AS expected,
       CASE WHEN e.data = '' THEN 'nothing' ELSE 'something else' END AS found, p.currency,
       p.amount::numeric AS at_stake
FROM event e
JOIN payment p ON p.slot = e.slot AND p.id = e.payment_id
WHERE CASE WHEN e.version = 1 THEN e.data <> ''
           WHEN e.type LIKE 'refund.%' THEN position('"object":"refund"' IN e.data) = 0
           WHEN e.type LIKE 'payment_order.%' THEN position('"object":"payment_order"' IN e.data) = 0
           WHEN e.type LIKE 'dispute.%' THEN position('"object":"dispute"' IN e.data) = 0
           ELSE position('"version":' || e.version || ',' IN e.data) = 0 END
