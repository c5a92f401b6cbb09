-- What of accounts is in no payout yet: account, from_seq, to_seq, items, gross, what of it was never in a payout, and
-- what the seller owes.   $1 slot[]  $2 account (seller_payable)[]  $3 account (seller_receivable)[]
SELECT u.account, l.to_seq, coalesce(i.to_seq, l.to_seq), i.items, i.gross, i.fresh,
       coalesce(d.debits - d.credits, 0)
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[]) AS u (slot, account, debt)
CROSS JOIN LATERAL (
    SELECT coalesce((SELECT p.to_seq FROM florin.payout p
                     WHERE p.slot = u.slot AND p.account_id = u.account
                     ORDER BY p.from_seq DESC LIMIT 1), 0) AS to_seq
) l
CROSS JOIN LATERAL (
    SELECT max(e.account_seq) AS to_seq, count(*) AS items, coalesce(-sum(e.amount), 0)::bigint AS gross,
           coalesce(-sum(e.amount) FILTER (WHERE t.kind NOT IN ('payout_failed', 'payout_canceled', 'payout_returned',
                                                                'reserve_released')), 0)::bigint AS fresh
    FROM florin.ledger_entry e
    JOIN florin.ledger_transaction t ON t.slot = e.slot AND t.id = e.transaction_id
    WHERE e.slot = u.slot AND e.account_id = u.account AND e.account_seq > l.to_seq AND t.kind <> 'payout'
) i
LEFT JOIN florin.account_balance d ON d.slot = u.slot AND d.account_id = u.debt
