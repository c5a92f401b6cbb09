-- Disputes with a status that does not exist or that their last event does not tell, with shares that fit neither the
-- amount nor the orders, or with time for evidence after the end; payments that tell of more or fewer disputes than they have.
WITH last_word (type, status) AS (VALUES
    ('dispute.escalated', 'needs_response'), ('dispute.needs_response', 'needs_response'),
    ('dispute.evidence_taken', 'under_review'), ('dispute.won', 'won'), ('dispute.lost', 'lost'),
    ('dispute.prevented', 'prevented'), ('dispute.inquiry_closed', 'inquiry_closed'), ('dispute.expired', 'expired'),
    ('dispute.inquiry_reopened', 'inquiry'))
SELECT d.slot, d.payment_id, 'dispute' AS object, d.id AS object_id, 'state of the dispute' AS what,
       'what ' || coalesce(e.type, 'no event') || ' says' AS expected,
       d.status || ', ' || (SELECT coalesce(sum(x), 0) FROM unnest(d.shares) x) || ' of ' || d.amount || ' over '
           || cardinality(d.shares) || CASE WHEN d.evidence_due_at = 'infinity' THEN '' ELSE ', evidence due' END AS found,
       p.currency, d.amount::numeric AS at_stake
FROM dispute d
JOIN payment p ON p.slot = d.slot AND p.id = d.payment_id
LEFT JOIN event e ON e.slot = d.slot AND e.payment_id = d.payment_id AND e.version = d.version
                 AND e.type LIKE 'dispute.%' AND e.at = d.updated_at
LEFT JOIN last_word w ON w.type = e.type
WHERE e.id IS NULL OR w.status <> d.status
   OR (e.type = 'dispute.response_due' AND d.status NOT IN ('inquiry', 'needs_response'))
   OR d.status NOT IN ('inquiry', 'inquiry_closed', 'needs_response', 'under_review', 'won', 'lost', 'prevented', 'expired')
   OR (d.evidence_due_at < 'infinity' AND d.status NOT IN ('inquiry', 'needs_response', 'under_review', 'expired'))
   OR cardinality(d.shares) <> (SELECT count(*) FROM payment_order q WHERE q.slot = d.slot AND q.payment_id = d.payment_id)
   OR d.amount < (SELECT sum(x) FROM unnest(d.shares) x) OR 0 > ANY (d.shares)
UNION ALL
SELECT p.slot, p.id, 'payment', p.id, 'disputes', o.told || ' told', h.held::text, p.currency, p.amount
FROM payment p
CROSS JOIN LATERAL (
    SELECT count(*) AS told FROM event e
    WHERE e.slot = p.slot AND e.payment_id = p.id AND e.type = 'dispute.opened') o
CROSS JOIN LATERAL (
    SELECT count(*) AS held FROM dispute d WHERE d.slot = p.slot AND d.payment_id = p.id) h
WHERE o.told <> h.held OR (p.dispute_override AND h.held = 0)
