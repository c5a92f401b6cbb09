-- A charge: merchant, owner, payment, asset, currency, value, amount, captured, released, refunded, points_until.
-- $1 slot  $2 id
SELECT c.merchant_id, c.owner, c.payment_id, c.asset, c.currency, c.value, c.amount, c.captured, c.released, c.refunded,
       c.points_until
FROM florin.wallet_charge c
WHERE c.slot = $1::smallint AND c.id = $2::uuid
