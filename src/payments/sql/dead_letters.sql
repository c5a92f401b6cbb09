-- What only a person can bring further, oldest first: kind (1 operation, 2 event of a provider), merchant,
-- payment, operation, provider, event, type, operation's kind and state, tries, why, at.
-- $1 merchant (nil = any)  $2 only this operation (nil = any)  $3 only this event (empty = any)  $4 limit
SELECT x.kind, x.merchant_id, x.payment_id, x.operation_id, x.provider, x.event_id, x.type,
       x.operation_kind, x.state, x.tries, x.why, x.at
FROM (
    SELECT 1::smallint AS kind, o.merchant_id, o.payment_id, o.id AS operation_id, o.provider,
           '' AS event_id, '' AS type, o.kind AS operation_kind, o.state, o.tries,
           CASE WHEN o.decline_code <> '' THEN o.decline_code ELSE o.why END AS why, o.sent_at AS at
    FROM florin.operation o
    WHERE (o.review OR o.tries >= 9) AND (o.review OR o.due_at < 'infinity')
    UNION ALL
    SELECT 2::smallint, coalesce(p.merchant_id, '00000000-0000-0000-0000-000000000000'),
           e.payment_id, '00000000-0000-0000-0000-000000000000', e.provider, e.id, e.type,
           0::smallint, e.state, e.tries, e.why, e.received_at
    FROM florin.provider_event e
    LEFT JOIN florin.payment p ON p.slot = e.slot AND p.id = e.payment_id
    WHERE e.state = 2
) x
WHERE ($1::uuid = '00000000-0000-0000-0000-000000000000' OR x.merchant_id = $1)
  AND ($2::uuid = '00000000-0000-0000-0000-000000000000' OR x.operation_id = $2)
  AND ($3::text = '' OR x.provider || ':' || x.event_id = $3)
ORDER BY x.at
LIMIT $4::bigint
