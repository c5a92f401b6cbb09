-- Payouts, newest first (columns as in payout.sql).
-- $1 merchant (nil = any)  $2 seller (nil = any)  $3 status (empty = any)  $4 older than this id  $5 limit
SELECT p.id, p.merchant_id, p.seller_id, p.seller, p.currency, p.account_id, p.from_seq, p.to_seq, p.gross, p.netted,
       p.reserved, p.amount, p.fee, p.rail, p.source, p.name, p.account, p.bic, p.status, p.version, p.recall_requested,
       p.asked_by, p.destination_by, p.decided_by, p.client_key, p.request_hash, p.reference, p.reason, p.batch_id,
       p.tries, p.sent_at, p.due_at, p.created_at, p.updated_at
FROM florin.payout p
WHERE ($1::uuid = '00000000-0000-0000-0000-000000000000' OR p.merchant_id = $1)
  AND ($2::uuid = '00000000-0000-0000-0000-000000000000' OR p.seller_id = $2)
  AND ($3::text = '' OR p.status = $3) AND p.id < $4::uuid
ORDER BY p.id DESC
LIMIT $5::bigint
