-- Takes over events that nobody else has (columns: read_event in store.cpp).
-- $1 slot[]  $2 provider[]  $3 id[]  $4 due_at[]  $5 until
UPDATE florin.provider_event e
SET due_at = $5::timestamptz, tries = (e.tries + 1)::smallint
FROM unnest($1::smallint[], $2::text[], $3::text[], $4::timestamptz[]) AS u (slot, provider, id, due)
WHERE e.slot = u.slot AND e.provider = u.provider AND e.id = u.id AND e.due_at = u.due
RETURNING e.slot, e.provider, e.id, e.type, e.about, e.object, e.payment_id, e.due_at, e.tries
