-- Rows of strict accounts of one slot: account, debits, credits.   $1 slot  $2 accounts
SELECT b.account_id, b.debits, b.credits
FROM florin.account_balance b
WHERE b.slot = $1::smallint AND b.account_id = ANY ($2::uuid[])
