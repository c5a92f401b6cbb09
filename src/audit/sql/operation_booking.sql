-- Operations that are not booked as their end demands: a missing transaction, or one of another kind or payment.
SELECT b.slot, b.payment_id, 'operation' AS object, b.operation_id AS object_id, 'booking ' || b.booked AS what,
       b.transaction_kind || ' of the payment' AS expected,
       CASE WHEN t.id IS NULL THEN 'none' WHEN t.source_id <> b.payment_id THEN t.kind || ' of another payment'
            WHEN t.merchant_id <> b.merchant_id THEN t.kind || ' of another merchant' ELSE t.kind END AS found,
       coalesce(p.currency, '') AS currency, b.amount::numeric AS at_stake
FROM booking b
LEFT JOIN ledger_transaction t ON t.slot = b.slot AND t.id = b.transaction_id
LEFT JOIN payment p ON p.slot = b.slot AND p.id = b.payment_id
WHERE t.id IS NULL OR t.kind <> b.transaction_kind OR t.source_id <> b.payment_id OR t.merchant_id <> b.merchant_id
