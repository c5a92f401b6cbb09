-- Payments that something can be captured of, whose authorization ends, and that nobody will warn of or give back in time;
-- or whose buyer does nothing, and that nobody will withdraw;
-- or that wait for a time although there is nothing to do; or whose time has come more than five minutes ago.
SELECT x.slot, x.id AS payment_id, 'payment' AS object, x.id AS object_id, 'time to warn or to give back' AS what,
       CASE WHEN x.can_end THEN 'due before '
           || coalesce(nullif(x.authorized_until, 'infinity'), x.updated_at + interval '1 hour') ELSE 'never due' END AS expected,
       'due ' || x.due_at AS found, x.currency, x.capturable AS at_stake
FROM (
    SELECT p.*, c.capturable, (p.doing = 0 AND c.capturable > 0
                               AND (p.authorized_until < 'infinity' OR p.cancellation_reason <> ''))
                           OR (k.kind IN ('authorize', 'sale') AND p.waiting_for = 'customer') AS can_end
    FROM payment p
    LEFT JOIN kind_word k ON k.number = p.doing
    CROSS JOIN LATERAL (
        SELECT p.authorized::numeric - p.captured - p.capture_reserved - p.voided AS capturable) c
) x
-- What the provider still refuses to give back when it has lapsed waits for a person.
WHERE ((x.due_at < 'infinity') <> x.can_end AND NOT (x.can_end AND x.updated_at >= x.authorized_until))
   OR (x.can_end AND x.due_at < $3 - interval '5 minutes')
   -- What the provider refused to give back is tried again later.
   OR (x.can_end AND x.due_at > greatest(nullif(x.authorized_until, 'infinity'), x.updated_at + interval '1 hour', $3 + interval '5 minutes'))
