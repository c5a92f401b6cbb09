-- Payments whose counters differ from what their operations and disputes add up to.
SELECT p.slot, p.id AS payment_id, 'payment' AS object, p.id AS object_id, c.name AS what,
       c.expected::text, c.found::text, p.currency, abs(c.expected - c.found) AS at_stake
FROM payment p
JOIN (
    SELECT o.slot, o.payment_id,
           -- An adjustment says how much it is from then on.
           coalesce((array_agg(o.amount ORDER BY o.ended_version DESC) FILTER (WHERE o.kind = 'adjust' AND o.counts))[1],
                    sum(o.amount) FILTER (WHERE o.kind IN ('authorize', 'sale') AND o.counts), 0) AS authorized,
           coalesce(sum(o.amount) FILTER (WHERE o.kind IN ('sale', 'capture') AND o.counts), 0) AS captured,
           coalesce(sum(o.amount) FILTER (WHERE o.kind = 'capture' AND NOT o.has_ended), 0) AS capture_reserved,
           coalesce(sum(o.amount) FILTER (WHERE o.kind = 'cancel' AND o.counts), 0) AS canceled,
           coalesce(sum(o.amount) FILTER (WHERE o.kind = 'refund' AND o.counts), 0) AS refunded,
           coalesce(sum(o.amount) FILTER (WHERE o.kind = 'refund' AND NOT o.has_ended AND NOT o.is_of_suspense), 0)
               AS refund_reserved,
           coalesce(sum(o.tender_amount) FILTER (WHERE o.kind IN ('sale', 'capture') AND o.counts), 0) AS tender_captured,
           coalesce(sum(o.tender_amount) FILTER (WHERE o.kind = 'refund' AND (o.counts OR NOT o.has_ended)), 0)
               AS tender_returned,
           coalesce(sum(o.presentment_amount) FILTER (WHERE o.kind IN ('sale', 'capture') AND o.counts), 0) AS presented,
           coalesce(sum(o.presentment_amount) FILTER (WHERE o.kind = 'refund' AND NOT o.is_of_suspense
                                                      AND (o.counts OR NOT o.has_ended)), 0) AS presented_back,
           -- The last capture lets the rest go at the provider.
           bool_or(o.kind IN ('sale', 'capture') AND o.counts AND NOT o.is_late AND o.is_final) AS is_closed,
           bool_or(o.kind = 'capture' AND o.counts AND o.is_late AND o.is_final) AS is_closed_late
    FROM operation o
    GROUP BY o.slot, o.payment_id
) s ON s.slot = p.slot AND s.payment_id = p.id
-- The provider let the rest go and told us: an event that no operation ended with.
CROSS JOIN LATERAL (
    SELECT p.cancellation_reason = 'expired' AND EXISTS (
        SELECT FROM event e
        WHERE e.slot = p.slot AND e.payment_id = p.id AND e.type IN ('payment.expired', 'payment.succeeded')
          AND NOT EXISTS (SELECT FROM operation o WHERE o.slot = e.slot AND o.payment_id = e.payment_id
                                                    AND o.ended_version = e.version)) AS has_lapsed) l
CROSS JOIN LATERAL (VALUES
    ('authorized', s.authorized, p.authorized::numeric),
    ('capture_reserved', s.capture_reserved, p.capture_reserved::numeric),
    ('captured', s.captured, p.captured::numeric),
    ('voided', CASE WHEN s.is_closed OR l.has_lapsed THEN s.authorized - s.captured
                    -- What was on its way then, and was refused later, is not let go by it.
                    WHEN s.is_closed_late AND p.voided BETWEEN s.canceled AND s.authorized - s.captured THEN p.voided
                    ELSE s.canceled END, p.voided::numeric),
    ('refund_reserved', s.refund_reserved, p.refund_reserved::numeric),
    ('refunded', s.refunded, p.refunded::numeric),
    ('tender_captured', s.tender_captured, p.tender_captured::numeric),
    ('tender_returned', s.tender_returned, p.tender_returned::numeric),
    ('presentment_captured', s.presented, p.presentment_captured::numeric),
    ('presentment_returned', s.presented_back, p.presentment_returned::numeric),
    ('disputed', (SELECT coalesce(sum(d.withdrawn), 0) FROM dispute d
                  WHERE d.slot = p.slot AND d.payment_id = p.id), p.disputed::numeric)) AS c (name, expected, found)
WHERE c.expected <> c.found
  -- What payment_laws tells is not told again.
  AND least(p.authorized, p.capture_reserved, p.captured, p.voided, p.refund_reserved, p.refunded, p.disputed) >= 0
  AND p.authorized <= p.amount AND p.captured::numeric + p.capture_reserved + p.voided <= p.authorized
  AND p.refunded::numeric + p.refund_reserved + CASE WHEN p.dispute_override THEN 0 ELSE p.disputed END <= p.captured
