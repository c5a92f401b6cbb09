-- What the entries of a payout's range add up to, and what its own booking took: items, sum, booked.
-- $1 slot  $2 account  $3 from_seq  $4 to_seq  $5 payout
SELECT count(*) FILTER (WHERE x.is_item), coalesce(-sum(x.amount) FILTER (WHERE x.is_item), 0)::bigint,
       coalesce(sum(x.amount) FILTER (WHERE NOT x.is_item), 0)::bigint
FROM (
    SELECT e.amount, true AS is_item
    FROM florin.ledger_entry e
    JOIN florin.ledger_transaction t ON t.slot = e.slot AND t.id = e.transaction_id
    WHERE e.slot = $1::smallint AND e.account_id = $2::uuid AND e.account_seq > $3::bigint
      AND e.account_seq <= $4::bigint AND t.kind <> 'payout'
    UNION ALL
    SELECT e.amount, false
    FROM florin.ledger_entry e
    WHERE e.slot = $1 AND e.account_id = $2 AND e.transaction_id = $5::uuid
) x
