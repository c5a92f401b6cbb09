-- Entries of an account over all slots, newest first:
-- transaction, leg, source, reference, kind, amount, recorded_at.
-- $1 merchant  $2 code  $3 owner  $4 currency  $5 before this transaction  $6 and this leg  $7 limit
SELECT x.transaction_id, x.leg, x.source_id, x.reference_id, x.kind, x.amount, x.recorded_at
FROM florin.slot_dir d
CROSS JOIN LATERAL (
    SELECT e.transaction_id, e.leg, t.source_id, e.reference_id, t.kind, e.amount, t.recorded_at
    FROM florin.ledger_account a
    JOIN florin.ledger_entry e ON e.slot = a.slot AND e.account_id = a.id
    JOIN florin.ledger_transaction t ON t.slot = e.slot AND t.id = e.transaction_id
    WHERE a.slot = d.slot AND a.merchant_id = $1::uuid AND a.code = $2::smallint
      AND a.owner = $3::text AND a.currency = $4::text
      AND (e.transaction_id, e.leg) < ($5::uuid, $6::smallint)
    ORDER BY e.transaction_id DESC, e.leg DESC
    LIMIT $7::bigint
) x
ORDER BY x.transaction_id DESC, x.leg DESC
LIMIT $7::bigint
