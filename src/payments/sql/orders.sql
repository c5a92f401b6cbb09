-- The orders of some payments: payment, id, reference, seller_account, amount,
-- first_amount.   $1 slot[]  $2 payment[]
SELECT o.payment_id, o.id, o.reference, o.seller_account, o.amount, o.first_amount
FROM unnest($1::smallint[], $2::uuid[]) AS u (slot, payment)
JOIN florin.payment_order o ON o.slot = u.slot AND o.payment_id = u.payment
ORDER BY o.payment_id, o.n
