-- Entries, newest first (columns as in entry.sql).
-- $1 merchant (nil = any)  $2 older than this id  $3 limit
SELECT e.id, e.merchant_id, e.key_id, e.client_key, e.request_hash, e.reverses,
       coalesce(r.id, '00000000-0000-0000-0000-000000000000'), e.reason, e.recorded_at, l.account, l.amount,
       l.reference_kind, l.reference_id
FROM (
    SELECT x.*
    FROM florin.journal_entry x
    WHERE ($1::uuid = '00000000-0000-0000-0000-000000000000' OR x.merchant_id = $1) AND x.id < $2::uuid
    ORDER BY x.id DESC
    LIMIT $3::bigint
) e
JOIN florin.journal_line l ON l.slot = e.slot AND l.entry_id = e.id
LEFT JOIN florin.journal_entry r ON r.slot = e.slot AND r.reverses = e.id
    AND r.reverses <> '00000000-0000-0000-0000-000000000000'
ORDER BY e.id DESC, l.n
