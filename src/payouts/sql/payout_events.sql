-- The steps of a payout: version, event, status, key, detail, time.   $1 slot  $2 payout
SELECT e.version, e.event, e.status, e.by_key, e.detail, e.at
FROM florin.payout_event e
WHERE e.slot = $1::smallint AND e.payout_id = $2::uuid
ORDER BY e.version
