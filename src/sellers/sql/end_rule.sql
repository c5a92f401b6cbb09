-- An earlier end of a rule; one that has not begun by then never does.   $1 slot  $2 id  $3 merchant  $4 end
UPDATE florin.fee_rule SET valid_until = greatest($4::timestamptz, valid_from)
WHERE slot = $1::smallint AND id = $2::uuid AND merchant_id = $3::uuid AND valid_until > $4
