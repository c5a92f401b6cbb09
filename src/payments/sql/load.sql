-- One payment with one of its operations. Its columns are those of the view: migrations/0006.
-- $1 slot  $2 merchant (nil = any)  $3 id  $4 operation (nil = the main one)
SELECT *
FROM florin.payment_operation
WHERE slot = $1::smallint AND id = $3::uuid
  AND ($2::uuid = '00000000-0000-0000-0000-000000000000' OR merchant_id = $2)
  AND operation_id = CASE WHEN $4::uuid = '00000000-0000-0000-0000-000000000000' THEN main_id
                          ELSE $4 END
