-- What a person decides about a dead event: tried again (state 0) or discarded (3).
-- $1 provider  $2 id  $3 state  $4 due_at  $5 why
UPDATE florin.provider_event
SET state = $3::smallint, due_at = $4::timestamptz, tries = 0,
    why = CASE WHEN $5::text = '' THEN why ELSE $5 END
WHERE slot = ANY (SELECT slot FROM florin.slot_dir) AND provider = $1::text AND id = $2::text
  AND state = 2
RETURNING id
