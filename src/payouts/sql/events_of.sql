-- Steps of payouts of a merchant, in any order: the payout now (columns as in payout.sql), then version, event, status, key,
-- detail, time of the step.   $1 florin.event_name[]  $2 merchant
SELECT p.id, p.merchant_id, p.seller_id, p.seller, p.currency, p.account_id, p.from_seq, p.to_seq, p.gross, p.netted,
       p.reserved, p.amount, p.fee, p.rail, p.source, p.name, p.account, p.bic, p.status, p.version, p.recall_requested,
       p.asked_by, p.destination_by, p.decided_by, p.client_key, p.request_hash, p.reference, p.reason, p.batch_id,
       p.tries, p.sent_at, p.due_at, p.created_at, p.updated_at, e.version, e.event, e.status, e.by_key, e.detail, e.at
FROM unnest($1::florin.event_name[]) u
JOIN florin.payout_event e ON e.slot = u.slot AND e.payout_id = u.object_id AND e.version = u.version
JOIN florin.payout p ON p.slot = e.slot AND p.id = e.payout_id
WHERE p.merchant_id = $2::uuid
