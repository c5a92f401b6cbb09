-- Payouts with money on its way that should not be, or the other way round: it is there exactly until they have ended.
SELECT p.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'payout' AS object, p.id AS object_id,
       'in flight' AS what, x.expected::text AS expected, x.found::text AS found, p.currency,
       abs(x.expected - x.found)::numeric AS at_stake
FROM payout p
CROSS JOIN LATERAL (
    SELECT CASE WHEN p.status IN ('paid', 'failed', 'canceled', 'returned', 'netted') THEN 0 ELSE p.amount END AS expected,
           (SELECT coalesce(-sum(e.amount), 0)
            FROM payout_stage b
            JOIN ledger_entry e ON e.slot = b.slot AND e.transaction_id = b.transaction_id AND e.reference_id = p.id
            JOIN ledger_account a ON a.slot = e.slot AND a.id = e.account_id
            WHERE b.slot = p.slot AND b.payout_id = p.id
              AND a.code = (SELECT c.code FROM chart c WHERE c.account = 'payout_in_flight')) AS found
) x
WHERE x.expected <> x.found
