-- Another state of a seller, unless it has it.   $1 slot  $2 id  $3 merchant  $4 state  $5 now
UPDATE florin.seller SET state = $4::smallint, updated_at = $5::timestamptz
WHERE slot = $1::smallint AND id = $2::uuid AND merchant_id = $3::uuid AND state <> $4
