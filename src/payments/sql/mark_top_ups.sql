-- Payments that were just created and bring money into wallets: their orders say so.   $1 slot[]  $2 payment[]
UPDATE florin.payment_order o SET top_up = true
FROM unnest($1::smallint[], $2::uuid[]) AS u (slot, payment)
WHERE o.slot = u.slot AND o.payment_id = u.payment
