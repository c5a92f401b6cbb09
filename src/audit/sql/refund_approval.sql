-- Refunds above the limit that went out without a second person's yes, or whose approval is not what their events tell.
SELECT coalesce(a.slot, e.slot) AS slot, coalesce(a.payment_id, e.payment_id) AS payment_id, 'operation' AS object,
       coalesce(a.refund_id, e.operation_id) AS object_id, 'approval of a refund' AS what,
       CASE WHEN a.refund_id IS NULL THEN 'an approval' ELSE coalesce(w.decided, 'no decision')
           || ' by another key, ' || w.refund END AS expected,
       coalesce(e.decided, 'no decision') || CASE WHEN a.asked_by = a.decided_by THEN ' by the asker' ELSE '' END
           || ', ' || coalesce(o.state, 'no refund') AS found,
       coalesce(p.currency, '') AS currency, coalesce(o.amount, 0)::numeric AS at_stake
FROM refund_approval a
FULL JOIN (
    SELECT slot, payment_id, operation_id, string_agg(type, '+' ORDER BY version)
               FILTER (WHERE type <> 'refund.approval_pending') AS decided
    FROM event
    WHERE type IN ('refund.approval_pending', 'refund.approved', 'refund.rejected')
    GROUP BY slot, payment_id, operation_id
) e ON e.slot = a.slot AND e.payment_id = a.payment_id AND e.operation_id = a.refund_id
LEFT JOIN approval_word w ON w.number = a.state
LEFT JOIN operation o ON o.slot = a.slot AND o.payment_id = a.payment_id AND o.id = a.refund_id AND o.kind = 'refund'
                     AND o.merchant_id = a.merchant_id
LEFT JOIN payment p ON p.slot = coalesce(a.slot, e.slot) AND p.id = coalesce(a.payment_id, e.payment_id)
WHERE a.refund_id IS NULL OR o.id IS NULL OR a.asked_by = a.decided_by OR e.decided IS DISTINCT FROM w.decided
   OR CASE w.refund WHEN 'not sent' THEN o.state <> 'ready' WHEN 'sent' THEN o.state = 'ready'
                    ELSE o.state <> 'declined' AND NOT o.is_late END
