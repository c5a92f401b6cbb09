-- Where some payments are: merchant, id, version.   $1 slot[]  $2 merchant[]  $3 payment[]
SELECT p.merchant_id, p.id, p.version
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[]) AS u (slot, merchant, payment)
JOIN florin.payment p ON p.slot = u.slot AND p.merchant_id = u.merchant AND p.id = u.payment
