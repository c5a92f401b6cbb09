-- Authorizations that were replaced, or came too late, and what a wallet held for a first step that failed, if they
-- are not given back exactly once; releases of what is still in
-- use; and refunds from suspense of what never came there, or of more than came.
SELECT x.slot, x.payment_id, 'payment' AS object, x.payment_id AS object_id, 'release of ' || x.reference AS what,
       coalesce(x.wanted, 0)::text AS expected, coalesce(x.found, 0)::text AS found, coalesce(p.currency, '') AS currency,
       x.amount AS at_stake
FROM (
    SELECT slot, payment_id, reference, w.number AS wanted, f.number AS found, greatest(w.amount, f.amount) AS amount
    FROM (
        SELECT o.slot, o.payment_id, CASE WHEN o.kind = 'adjust' AND NOT o.is_late THEN o.about
                                            ELSE o.provider_reference END AS reference,
               count(*) AS number, sum(o.amount) AS amount
        FROM operation o
        WHERE o.state = 'succeeded' AND ((o.kind = 'adjust' AND o.about <> '') OR (o.kind = 'authorize' AND o.is_late))
        GROUP BY 1, 2, 3
        UNION ALL
        SELECT o.slot, o.payment_id, o.tender_reference, 1, o.tender_amount
        FROM operation o
        WHERE o.kind IN ('authorize', 'sale') AND o.tender_reference <> '' AND (o.state = 'declined' OR o.is_late)
    ) w
    FULL JOIN (
        SELECT o.slot, o.payment_id, o.about AS reference, count(*) AS number, sum(o.amount) AS amount
        FROM operation o
        WHERE o.kind = 'release'
        GROUP BY o.slot, o.payment_id, o.about
    ) f USING (slot, payment_id, reference)
    WHERE w.number IS DISTINCT FROM f.number
) x
LEFT JOIN payment p ON p.slot = x.slot AND p.id = x.payment_id
-- The provider let the rest go by itself: then the wallet does too.
WHERE NOT (x.wanted IS NULL AND x.found = 1 AND x.reference = p.tender_reference AND p.cancellation_reason = 'expired')
UNION ALL
SELECT o.slot, o.payment_id, 'operation', o.id, 'refund of ' || o.about, coalesce(l.amount - l.tender_amount, 0)::text, o.amount::text,
       coalesce(p.currency, ''), o.amount - coalesce(l.amount - l.tender_amount, 0)
FROM operation o
LEFT JOIN operation l ON l.slot = o.slot AND l.payment_id = o.payment_id AND l.provider_reference = o.about AND l.is_parked
                     AND l.kind IN ('sale', 'capture')
LEFT JOIN payment p ON p.slot = o.slot AND p.id = o.payment_id
WHERE o.is_of_suspense AND l.amount - l.tender_amount IS DISTINCT FROM o.amount
