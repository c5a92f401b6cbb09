-- The orders of some payments: payment, id, reference, seller_account, amount, first_amount, category, top_up, then
-- how they are shipped.   $1 slot[]  $2 payment[]
SELECT o.payment_id, o.id, o.reference, o.seller_account, o.amount, o.first_amount, o.category, o.top_up,
       coalesce(s.status, 'waiting'), coalesce(s.carrier, ''), coalesce(s.tracking_number, ''),
       coalesce(s.evidence, ''), coalesce(s.shipped_at, 'infinity'), coalesce(s.estimated_at, 'infinity'),
       coalesce(s.delivered_at, 'infinity'), coalesce(s.returned_at, 'infinity'),
       coalesce(s.release_at, 'infinity'), coalesce(s.due_at, 'infinity'), coalesce(s.seller, 0),
       coalesce(s.commission, 0), coalesce(s.logistics, 0), coalesce(s.released, 0),
       coalesce(s.movements, 0::smallint)
FROM unnest($1::smallint[], $2::uuid[]) AS u (slot, payment)
JOIN florin.payment_order o ON o.slot = u.slot AND o.payment_id = u.payment
LEFT JOIN florin.shipment s ON s.slot = o.slot AND s.payment_id = o.payment_id AND s.n = o.n
ORDER BY o.payment_id, o.n
