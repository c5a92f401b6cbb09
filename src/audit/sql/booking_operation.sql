-- Transactions that no operation, no dispute, no release and no payout asked for; those of wallets are for wallet_booking,
-- and those by hand for journal_booking.
-- The part of one in another slot names that slot on its interslot account; what a dispute has frozen is in the seller's
-- slot alone, and dispute_frozen looks after it.
SELECT t.slot, t.source_id AS payment_id, 'transaction' AS object, t.id AS object_id, 'origin of ' || t.kind AS what,
       'an operation, a dispute, a release or a payout' AS expected, 'none' AS found, coalesce(min(a.currency), '') AS currency,
       coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0) AS at_stake
FROM ledger_transaction t
LEFT JOIN booking b ON b.slot = t.slot AND b.transaction_id = t.id
LEFT JOIN movement m ON m.slot = t.slot AND m.transaction_id = t.id
LEFT JOIN order_release r ON r.slot = t.slot AND r.transaction_id = t.id
LEFT JOIN payout_stage o ON o.slot = t.slot AND o.transaction_id = t.id
LEFT JOIN ledger_entry e ON e.slot = t.slot AND e.transaction_id = t.id
LEFT JOIN ledger_account a ON a.slot = e.slot AND a.id = e.account_id
WHERE b.transaction_id IS NULL AND m.transaction_id IS NULL AND r.transaction_id IS NULL
  AND o.transaction_id IS NULL AND t.kind NOT IN (SELECT w.booked FROM wallet_word w)
  AND t.kind NOT IN (SELECT w.booked FROM journal_word w)
GROUP BY t.slot, t.source_id, t.id, t.kind
HAVING NOT coalesce(bool_or(a.code = (SELECT c.code FROM chart c WHERE c.account = 'interslot')
                            AND a.owner <> t.slot::text AND e.reference_id <> t.id), false)
   AND NOT coalesce(t.kind IN ('dispute_frozen', 'dispute_thawed')
                    AND bool_and(a.code IN (SELECT c.code FROM chart c
                                            WHERE c.account IN ('seller_payable', 'buyer_wallet', 'seller_reserve'))), false)
