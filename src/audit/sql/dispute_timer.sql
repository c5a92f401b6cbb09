-- Disputes that wait for our answer until some time, and that nobody will warn of or look at by then; or that wait for a
-- time although there is nothing to do; or whose time has come more than five minutes ago.
SELECT d.slot, d.payment_id, 'dispute' AS object, d.id AS object_id, 'time to warn or to look' AS what,
       CASE WHEN w.waits THEN 'due before ' || d.evidence_due_at ELSE 'never due' END AS expected,
       'due ' || d.due_at AS found, p.currency, d.amount::numeric AS at_stake
FROM dispute d
JOIN payment p ON p.slot = d.slot AND p.id = d.payment_id
CROSS JOIN LATERAL (
    SELECT d.status IN ('inquiry', 'needs_response') AND d.evidence_due_at < 'infinity' AS waits) w
WHERE (d.due_at < 'infinity') <> w.waits
   OR (w.waits AND d.due_at < $3 - interval '5 minutes')
   -- A look in vain is repeated after ten minutes.
   OR (w.waits AND d.due_at > greatest(d.evidence_due_at, $3) + interval '15 minutes')
