-- Payments that name another operation as under way than the one that is, or have two at once.
SELECT p.slot, p.id AS payment_id, 'payment' AS object, p.id AS object_id, 'operation under way' AS what,
       s.under_way AS expected, CASE WHEN p.doing = 0 THEN 'none' ELSE coalesce(k.kind, '?') END
           || CASE WHEN coalesce(m.is_main, m.id IS NOT NULL) THEN '' ELSE ', of no main operation' END AS found,
       p.currency, p.amount::numeric AS at_stake
FROM payment p
JOIN (
    SELECT o.slot, o.payment_id, (array_agg(o.id ORDER BY o.id) FILTER (WHERE o.is_main AND NOT o.has_ended))[1] AS open,
           coalesce(string_agg(o.kind, '+' ORDER BY o.id) FILTER (WHERE o.is_main AND NOT o.has_ended), 'none')
               AS under_way
    FROM operation o
    GROUP BY o.slot, o.payment_id
) s ON s.slot = p.slot AND s.payment_id = p.id
LEFT JOIN kind_word k ON k.number = p.doing
LEFT JOIN operation m ON m.slot = p.slot AND m.payment_id = p.id AND m.id = p.operation_id
WHERE (s.under_way <> CASE WHEN p.doing = 0 THEN 'none' ELSE coalesce(k.kind, '?') END
       OR NOT coalesce(m.is_main, m.id IS NOT NULL) OR s.open <> p.operation_id)
