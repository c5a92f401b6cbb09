-- A new seller, unless it is there.
-- $1 slot  $2 id  $3 merchant  $4 reference  $5 name  $6 country  $7 state  $8 now
INSERT INTO florin.seller
    (slot, id, merchant_id, reference, name, country, state, created_at, updated_at)
VALUES ($1::smallint, $2::uuid, $3::uuid, $4::text, $5::text, $6::text, $7::smallint,
        $8::timestamptz, $8::timestamptz)
ON CONFLICT DO NOTHING
