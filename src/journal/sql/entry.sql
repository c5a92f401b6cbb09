-- An entry with what reverses it (nil = nothing), a row for each of its lines.
-- $1 slot  $2 id  $3 merchant (nil = any)
SELECT e.id, e.merchant_id, e.key_id, e.client_key, e.request_hash, e.reverses,
       coalesce(r.id, '00000000-0000-0000-0000-000000000000'), e.reason, e.recorded_at, l.account, l.amount,
       l.reference_kind, l.reference_id
FROM florin.journal_entry e
JOIN florin.journal_line l ON l.slot = e.slot AND l.entry_id = e.id
LEFT JOIN florin.journal_entry r ON r.slot = e.slot AND r.reverses = e.id
    AND r.reverses <> '00000000-0000-0000-0000-000000000000'
WHERE e.slot = $1::smallint AND e.id = $2::uuid
  AND ($3::uuid = '00000000-0000-0000-0000-000000000000' OR e.merchant_id = $3)
ORDER BY l.n
