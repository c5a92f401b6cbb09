-- Payments whose stored status does not follow from their counters and what is under way.
SELECT x.slot, x.id AS payment_id, 'payment' AS object, x.id AS object_id, 'status' AS what, x.expected,
       x.status AS found, x.currency, x.amount::numeric AS at_stake
FROM (
    SELECT p.slot, p.id, p.status, p.currency, p.amount, CASE
               WHEN k.kind IN ('authorize', 'sale') AND p.waiting_for = 'customer' THEN 'requires_action'
               WHEN k.kind IN ('authorize', 'sale') THEN 'processing'
               WHEN k.kind = 'cancel' THEN 'canceling'
               WHEN p.captured > 0 AND p.captured + p.voided = p.authorized THEN 'succeeded'
               WHEN p.captured > 0 THEN 'partially_captured'
               WHEN p.authorized > 0 AND p.voided = p.authorized THEN
                   CASE p.cancellation_reason WHEN 'expired' THEN 'expired' ELSE 'canceled' END
               WHEN p.authorized > 0 THEN 'authorized'
               ELSE 'failed' END AS expected
    FROM payment p
    LEFT JOIN kind_word k ON k.number = p.doing
) x
WHERE x.status <> x.expected
