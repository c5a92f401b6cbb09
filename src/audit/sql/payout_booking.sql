-- Payouts that are not booked as their status says: a transaction that is missing, has another kind, or is too many.
SELECT b.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'payout' AS object, b.payout_id AS object_id,
       'booking ' || b.stage AS what, CASE WHEN b.applies THEN b.transaction_kind ELSE 'none' END AS expected,
       coalesce(t.kind, 'none') AS found, b.currency, b.amount::numeric AS at_stake
FROM payout_stage b
LEFT JOIN ledger_transaction t ON t.slot = b.slot AND t.id = b.transaction_id
WHERE CASE WHEN b.applies THEN t.kind IS DISTINCT FROM b.transaction_kind ELSE t.kind IS NOT NULL END
