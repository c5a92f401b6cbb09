-- Removes a list.   $1 slot  $2 merchant  $3 kind  $4 from  $5 to
DELETE FROM florin.currency_list
WHERE slot = $1::smallint AND merchant_id = $2::uuid AND kind = $3::smallint AND key_from = $4::text
  AND key_to = $5::text
