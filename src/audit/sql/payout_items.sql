-- Payouts that are not what their entries add up to, that took something else from the seller, or that leave entries out.
SELECT p.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'payout' AS object, p.id AS object_id,
       x.what, x.expected::text, x.found::text, p.currency, abs(x.expected - x.found)::numeric AS at_stake
FROM payout p
CROSS JOIN LATERAL (
    SELECT 'sum of its entries' AS what, p.netted + p.reserved + p.amount AS expected,
           (SELECT coalesce(-sum(e.amount), 0) FROM ledger_entry e
            JOIN ledger_transaction t ON t.slot = e.slot AND t.id = e.transaction_id
            WHERE e.slot = p.slot AND e.account_id = p.account_id AND e.account_seq > p.from_seq
              AND e.account_seq <= p.to_seq AND t.kind <> 'payout') AS found
    UNION ALL
    SELECT 'taken from the seller', p.gross,
           (SELECT coalesce(sum(e.amount), 0) FROM ledger_entry e
            WHERE e.slot = p.slot AND e.account_id = p.account_id AND e.transaction_id = p.id)
    UNION ALL
    SELECT 'end of the payout before', p.from_seq,
           (SELECT coalesce(max(q.to_seq), 0) FROM payout q
            WHERE q.slot = p.slot AND q.account_id = p.account_id AND q.from_seq < p.from_seq)
) x
WHERE x.expected <> x.found
