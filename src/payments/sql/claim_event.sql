-- Takes over an event that nobody else has: tries.   $1 slot  $2 provider  $3 id  $4 due_at  $5 until
UPDATE florin.provider_event
SET due_at = $5::timestamptz, tries = (tries + 1)::smallint
WHERE slot = $1::smallint AND provider = $2::text AND id = $3::text AND due_at = $4::timestamptz
RETURNING tries
