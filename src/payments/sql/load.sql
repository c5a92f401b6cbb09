-- One payment with one of its operations: the approval of a refund, which is not looked for where there can be none,
-- then the columns of the view (migrations/0006).   $1 slot  $2 merchant (nil = any)  $3 id  $4 operation (nil = the
-- main one)
SELECT coalesce(a.state, 0::smallint),
       coalesce(a.asked_by, '00000000-0000-0000-0000-000000000000'),
       coalesce(a.decided_by, '00000000-0000-0000-0000-000000000000'),
       coalesce(a.decided_at, 'infinity'), coalesce(a.reason, ''), p.*
FROM florin.payment_operation p
LEFT JOIN LATERAL (
    SELECT r.state, r.asked_by, r.decided_by, r.decided_at, r.reason
    FROM florin.refund_approval r
    WHERE p.kind = 5 AND r.slot = p.slot AND r.refund_id = p.operation_id
) a ON true
WHERE p.slot = $1::smallint AND p.id = $3::uuid
  AND ($2::uuid = '00000000-0000-0000-0000-000000000000' OR p.merchant_id = $2)
  AND p.operation_id = CASE WHEN $4::uuid = '00000000-0000-0000-0000-000000000000' THEN p.main_id
                            ELSE $4 END
