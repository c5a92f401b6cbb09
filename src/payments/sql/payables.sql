-- What strict accounts have on their normal side: account, amount. Those without entries are missing.
-- $1 slot[]  $2 account[]
SELECT b.account_id, b.normal * (b.debits - b.credits)
FROM unnest($1::smallint[], $2::uuid[]) AS u (slot, account)
JOIN florin.account_balance b ON b.slot = u.slot AND b.account_id = u.account
