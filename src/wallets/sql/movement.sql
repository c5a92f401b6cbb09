-- What became of a key: merchant, owner, kind, charge, payment, asset, amount, refusal, request hash, time.   $1 slot  $2 id
SELECT m.merchant_id, m.owner, m.kind, m.charge_id, m.payment_id, m.asset, m.amount, m.refusal, m.request_hash,
       m.recorded_at
FROM florin.wallet_movement m
WHERE m.slot = $1::smallint AND m.id = $2::uuid
