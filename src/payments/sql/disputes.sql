-- The disputes of a payment, oldest first (columns: read_dispute in store.cpp). The last says whether our word
-- on it still waits (0) to be sent.   $1 slot  $2 payment
SELECT d.id, d.provider, d.reference, d.status, d.reason, d.amount, d.fee, d.withdrawn, d.shares,
       d.evidence_due_at, d.opened_at, d.updated_at, d.version, d.movements, d.due_at, d.taken_back,
       d.frozen, d.freezes, d.presentment_withdrawn, d.fx_spread,
       EXISTS (SELECT FROM florin.provider_event e
               WHERE e.slot = d.slot AND e.payment_id = d.payment_id AND e.about = 'reply'
                 AND e.object = d.reference AND e.state = 0)
FROM florin.dispute d
WHERE d.slot = $1::smallint AND d.payment_id = $2::uuid
ORDER BY d.id
