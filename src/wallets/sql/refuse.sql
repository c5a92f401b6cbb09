-- Keeps a no, unless something was said to this key before.
-- $1 slot  $2 id  $3 merchant  $4 owner  $5 kind  $6 charge  $7 payment  $8 asset  $9 amount  $10 refusal
-- $11 request hash  $12 now
INSERT INTO florin.wallet_movement
    (slot, id, merchant_id, owner, kind, charge_id, payment_id, asset, amount, refusal, request_hash, recorded_at)
VALUES ($1::smallint, $2::uuid, $3::uuid, $4::text, $5::smallint, $6::uuid, $7::uuid, $8::text, $9::bigint,
        $10::text, $11::bytea, $12::timestamptz)
ON CONFLICT DO NOTHING
