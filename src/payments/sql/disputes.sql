-- The disputes of a payment, oldest first (columns: read_dispute in store.cpp).   $1 slot  $2 payment
SELECT id, provider, reference, status, reason, amount, fee, withdrawn, shares, evidence_due_at,
       opened_at, updated_at, version, movements
FROM florin.dispute
WHERE slot = $1::smallint AND payment_id = $2::uuid
ORDER BY id
