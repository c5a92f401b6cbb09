-- The xid of a transaction.   $1 slot  $2 id
SELECT t.xid::text::bigint FROM florin.ledger_transaction t WHERE t.slot = $1::smallint AND t.id = $2::uuid
