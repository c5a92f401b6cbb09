-- The payout that a client's key made (columns as in payout.sql).   $1 slot  $2 merchant  $3 key
SELECT p.id, p.merchant_id, p.seller_id, p.seller, p.currency, p.account_id, p.from_seq, p.to_seq, p.gross, p.netted,
       p.reserved, p.amount, p.fee, p.rail, p.source, p.name, p.account, p.bic, p.status, p.version, p.recall_requested,
       p.asked_by, p.destination_by, p.decided_by, p.client_key, p.request_hash, p.reference, p.reason, p.batch_id,
       p.tries, p.sent_at, p.due_at, p.created_at, p.updated_at
FROM florin.payout p
WHERE p.slot = $1::smallint AND p.merchant_id = $2::uuid AND p.client_key = $3::text AND p.client_key <> ''
