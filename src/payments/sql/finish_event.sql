-- Ends or puts off an event, if the claim still holds.
-- $1 slot  $2 provider  $3 id  $4 due_at  $5 state  $6 why  $7 next due_at
UPDATE florin.provider_event
SET state = $5::smallint, why = $6::text, due_at = $7::timestamptz
WHERE slot = $1::smallint AND provider = $2::text AND id = $3::text AND due_at = $4::timestamptz
