-- Payments that have used more than one quote: the buyer was promised two prices. Looked at once, over all slots.
SELECT min(q.slot) AS slot, q.payment_id, 'fx_quote' AS object, (min(q.id::text))::uuid AS object_id,
       'quotes of the payment' AS what, '1' AS expected, count(*)::text AS found, min(q.presentment_currency) AS currency,
       sum(q.presentment_amount) - max(q.presentment_amount) AS at_stake
FROM florin.fx_quote q
WHERE q.payment_id <> '00000000-0000-0000-0000-000000000000' AND $1 = 0
GROUP BY q.payment_id
HAVING count(*) > 1
