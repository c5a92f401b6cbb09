-- Payments of a merchant with their main operations, in any order (columns of the view, migrations/0006).
-- $1 slot[]  $2 payment[]  $3 merchant
SELECT p.*
FROM unnest($1::smallint[], $2::uuid[]) AS u (slot, payment)
JOIN florin.payment_operation p ON p.slot = u.slot AND p.id = u.payment AND p.operation_id = p.main_id
WHERE p.merchant_id = $3::uuid
