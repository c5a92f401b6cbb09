-- What strict accounts have on their normal side: account, amount. Those without entries are missing.
-- $1 slot  $2 account[]
SELECT b.account_id, b.normal * (b.debits - b.credits)
FROM florin.account_balance b
WHERE b.slot = $1::smallint AND b.account_id = ANY ($2::uuid[])
