-- Quotes whose amounts do not follow from what was given, the rate and the spread, rounded half to even.
SELECT q.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'fx_quote' AS object, q.id AS object_id,
       x.what, r.expected::text AS expected, x.found::text AS found, x.currency, abs(r.expected - x.found) AS at_stake
FROM fx_quote q
CROSS JOIN LATERAL (
    SELECT q.rate_scale + coalesce((SELECT m.digits FROM minor_unit m WHERE m.currency = q.presentment_currency), 2)
           - coalesce((SELECT m.digits FROM minor_unit m WHERE m.currency = q.currency), 2) AS n) tens
CROSS JOIN LATERAL (
    SELECT 10::numeric ^ greatest(tens.n, 0) AS up, 10::numeric ^ greatest(-tens.n, 0) AS down) scale
CROSS JOIN LATERAL (
    SELECT 'spread' AS what, q.spread AS found, q.currency,
           q.spread_rate::numeric * CASE q.fixed WHEN 1 THEN q.amount ELSE q.amount + q.spread END AS above,
           (1000000 + CASE q.fixed WHEN 1 THEN 0 ELSE q.spread_rate END)::numeric AS below
    UNION ALL
    SELECT 'what the buyer pays', q.presentment_amount, q.presentment_currency, (q.amount + q.spread) * scale.up,
           q.rate_coefficient * scale.down
    WHERE q.fixed = 1
    UNION ALL
    SELECT 'amount and spread', q.amount + q.spread, q.currency,
           q.presentment_amount::numeric * q.rate_coefficient * scale.down, scale.up
    WHERE q.fixed = 2
) x
CROSS JOIN LATERAL (SELECT div(x.above, x.below) AS whole, mod(x.above, x.below) * 2 AS twice) d
CROSS JOIN LATERAL (
    SELECT d.whole + CASE WHEN d.twice > x.below OR (d.twice = x.below AND mod(d.whole, 2) = 1) THEN 1 ELSE 0 END
           AS expected) r
WHERE r.expected <> x.found
