-- The payouts of a seller in a currency, newest first (columns as in payout.sql).
-- $1 slot  $2 seller  $3 currency  $4 limit
SELECT p.id, p.merchant_id, p.seller_id, p.seller, p.currency, p.account_id, p.from_seq, p.to_seq, p.gross, p.netted,
       p.reserved, p.amount, p.fee, p.rail, p.source, p.name, p.account, p.bic, p.status, p.version, p.recall_requested,
       p.asked_by, p.destination_by, p.decided_by, p.client_key, p.request_hash, p.reference, p.reason, p.batch_id,
       p.tries, p.sent_at, p.due_at, p.created_at, p.updated_at
FROM florin.payout p
WHERE p.slot = $1::smallint AND p.seller_id = $2::uuid AND p.currency = $3::text
ORDER BY p.id DESC
LIMIT $4::bigint
