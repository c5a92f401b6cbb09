-- Keeps a provider's event and wakes what waits for it (migrations/0009_disputes.sql).
-- $1 slot  $2 provider  $3 id  $4 type  $5 payment (nil = none)  $6 body  $7 received_at  $8 about
-- $9 object
SELECT florin.receive_provider_event($1::smallint, $2::text, $3::text, $4::text, $5::uuid,
                                     $6::bytea, $7::timestamptz, $8::text, $9::text)
