-- Payments whose counters no order of events can reach: below zero, or more taken than was there. A bank may want more back than is
-- left (dispute_override), we may not.
SELECT p.slot, p.id AS payment_id, 'payment' AS object, p.id AS object_id, l.law AS what,
       'at most ' || l.most AS expected, l.found::text, p.currency, greatest(l.found - l.most, 0) AS at_stake
FROM payment p
CROSS JOIN LATERAL (VALUES
    ('lowest counter, negated', 0::numeric, -least(p.authorized, p.capture_reserved, p.captured, p.voided,
                                                   p.refund_reserved, p.refunded, p.disputed)::numeric),
    ('authorized within amount', p.amount::numeric, p.authorized::numeric),
    ('captured + capture_reserved + voided within authorized', p.authorized::numeric,
     p.captured::numeric + p.capture_reserved + p.voided),
    ('refunded + refund_reserved within captured', p.captured::numeric, p.refunded::numeric + p.refund_reserved),
    ('refunded + refund_reserved + disputed within captured', p.captured::numeric,
     p.refunded::numeric + p.refund_reserved + CASE WHEN p.dispute_override THEN 0 ELSE p.disputed END)) AS l (law, most, found)
WHERE l.found > l.most
