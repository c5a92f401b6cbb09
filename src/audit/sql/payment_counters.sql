-- Payments whose counters differ from what their operations add up to.
SELECT p.slot, p.id AS payment_id, 'payment' AS object, p.id AS object_id, c.name AS what,
       c.expected::text, c.found::text, p.currency, abs(c.expected - c.found) AS at_stake
FROM payment p
JOIN (
    SELECT o.slot, o.payment_id,
           coalesce(sum(o.amount) FILTER (WHERE o.kind IN ('authorize', 'sale') AND o.counts), 0) AS authorized,
           coalesce(sum(o.amount) FILTER (WHERE o.kind IN ('sale', 'capture') AND o.counts), 0) AS captured,
           coalesce(sum(o.amount) FILTER (WHERE o.kind = 'capture' AND NOT o.has_ended), 0) AS capture_reserved,
           coalesce(sum(o.amount) FILTER (WHERE o.kind = 'cancel' AND o.counts), 0) AS canceled,
           coalesce(sum(o.amount) FILTER (WHERE o.kind = 'refund' AND o.counts), 0) AS refunded,
           coalesce(sum(o.amount) FILTER (WHERE o.kind = 'refund' AND NOT o.has_ended), 0) AS refund_reserved,
           -- The last capture lets the rest go at the provider.
           bool_or(o.kind IN ('sale', 'capture') AND o.counts AND NOT o.is_late AND o.is_final) AS is_closed
    FROM operation o
    GROUP BY o.slot, o.payment_id
) s ON s.slot = p.slot AND s.payment_id = p.id
CROSS JOIN LATERAL (VALUES
    ('authorized', s.authorized, p.authorized::numeric),
    ('capture_reserved', s.capture_reserved, p.capture_reserved::numeric),
    ('captured', s.captured, p.captured::numeric),
    ('voided', CASE WHEN s.is_closed THEN s.authorized - s.captured ELSE s.canceled END, p.voided::numeric),
    ('refund_reserved', s.refund_reserved, p.refund_reserved::numeric),
    ('refunded', s.refunded, p.refunded::numeric),
    -- No operation moves it yet.
    ('disputed', 0::numeric, p.disputed::numeric)) AS c (name, expected, found)
WHERE c.expected <> c.found
  -- What payment_laws tells is not told again.
  AND least(p.authorized, p.capture_reserved, p.captured, p.voided, p.refund_reserved, p.refunded, p.disputed) >= 0
  AND p.authorized <= p.amount AND p.captured::numeric + p.capture_reserved + p.voided <= p.authorized
  AND p.refunded::numeric + p.refund_reserved + p.disputed <= p.captured
