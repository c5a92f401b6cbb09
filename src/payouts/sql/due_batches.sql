-- Whose approved payouts wait for a file, and since when: merchant, currency, account of ours.   $1 now
SELECT p.merchant_id, p.currency, p.source, min(p.due_at)
FROM florin.payout p
WHERE p.due_at < 'infinity' AND p.due_at <= $1::timestamptz AND p.rail = 'bank_file' AND p.status = 'approved'
  AND p.batch_id = '00000000-0000-0000-0000-000000000000'
GROUP BY p.merchant_id, p.currency, p.source
