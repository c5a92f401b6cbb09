-- All lists of a merchant: kind, from, to, currencies, updated.   $1 slot  $2 merchant
SELECT l.kind, l.key_from, l.key_to, l.currencies, l.updated_at
FROM florin.currency_list l
WHERE l.slot = $1::smallint AND l.merchant_id = $2::uuid
ORDER BY l.kind, l.key_from, l.key_to
