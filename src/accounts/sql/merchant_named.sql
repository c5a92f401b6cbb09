-- The id of a merchant.   $1 name
SELECT id FROM florin.merchant WHERE name = $1::text
