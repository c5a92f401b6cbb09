-- Payments whose stored status does not follow from their counters and what is under way.
SELECT x.slot, x.id AS payment_id, 'payment' AS object, x.id AS object_id, 'status' AS what, x.expected,
       x.status AS found, x.currency, x.amount::numeric AS at_stake
FROM (
    SELECT p.slot, p.id, p.status, p.currency, p.amount, CASE
               WHEN p.cancellation_reason <> '' AND k.kind IN ('authorize', 'sale') THEN 'canceling'
               WHEN k.kind IN ('authorize', 'sale') AND p.waiting_for = 'customer' THEN 'requires_action'
               WHEN k.kind IN ('authorize', 'sale') THEN 'processing'
               WHEN k.kind = 'cancel' THEN 'canceling'
               WHEN p.captured > 0 AND p.captured + p.voided = p.authorized THEN 'succeeded'
               WHEN p.captured > 0 THEN 'partially_captured'
               WHEN p.voided < p.authorized AND p.cancellation_reason <> '' AND p.doing = 0 THEN 'canceling'
               WHEN p.voided < p.authorized THEN 'authorized'
               WHEN p.cancellation_reason = 'expired' THEN 'expired'
               WHEN p.authorized > 0 OR p.cancellation_reason <> '' THEN 'canceled'
               ELSE 'failed' END AS expected
    FROM payment p
    LEFT JOIN kind_word k ON k.number = p.doing
) x
WHERE x.status <> x.expected
