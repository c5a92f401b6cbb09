-- How a seller is paid in a currency, with the columns of all reads of settings.
-- $1 slot  $2 seller  $3 currency (empty = each)
SELECT s.seller_id, s.merchant_id, s.seller, s.currency, s.rail, s.name, s.account, s.bic, s.suspended, s.schedule,
       s.weekday, s.hour, s.minimum, s.reserve_rate, s.reserve_days, s.set_by, s.due_at, s.updated_at
FROM florin.payout_settings s
WHERE s.slot = $1::smallint AND s.seller_id = $2::uuid AND ($3::text = '' OR s.currency = $3)
ORDER BY s.currency
