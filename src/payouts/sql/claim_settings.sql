-- Takes over runs that nobody else has touched since they were read (columns as in settings.sql), and whether the seller
-- is suspended.   $1 slot[]  $2 seller[]  $3 currency[]  $4 due[]  $5 until
UPDATE florin.payout_settings s
SET due_at = $5::timestamptz
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::timestamptz[]) AS u (slot, seller, currency, due)
JOIN florin.seller x ON x.slot = u.slot AND x.id = u.seller
WHERE s.slot = u.slot AND s.seller_id = u.seller AND s.currency = u.currency AND s.due_at = u.due
RETURNING s.seller_id, s.merchant_id, s.seller, s.currency, s.rail, s.name, s.account, s.bic, s.suspended, s.schedule,
       s.weekday, s.hour, s.minimum, s.reserve_rate, s.reserve_days, s.set_by, s.due_at, s.updated_at, x.state = 1
