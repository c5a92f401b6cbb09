-- Takes over payouts that nobody else has touched since they were read (columns as in payout.sql).
-- $1 slot[]  $2 id[]  $3 due[]  $4 until
UPDATE florin.payout p
SET due_at = $4::timestamptz
FROM unnest($1::smallint[], $2::uuid[], $3::timestamptz[]) AS u (slot, id, due)
WHERE p.slot = u.slot AND p.id = u.id AND p.due_at = u.due
RETURNING p.id, p.merchant_id, p.seller_id, p.seller, p.currency, p.account_id, p.from_seq, p.to_seq, p.gross, p.netted,
       p.reserved, p.amount, p.fee, p.rail, p.source, p.name, p.account, p.bic, p.status, p.version, p.recall_requested,
       p.asked_by, p.destination_by, p.decided_by, p.client_key, p.request_hash, p.reference, p.reason, p.batch_id,
       p.tries, p.sent_at, p.due_at, p.created_at, p.updated_at
