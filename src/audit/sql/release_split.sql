-- Payments whose sellers, commission and carriers do not have what the split of the released parts of their orders
-- says, to the minor unit: the fees follow the part, the commission follows the fees, each rounded half to even. What
-- passes to sellers of other slots stands on interslot accounts here; a top-up goes to a wallet. What a carrier keeps of an order that went back
-- is goodwill, or a loss in a dispute.
WITH part AS (
    SELECT s.slot, s.payment_id, s.released, s.commission, s.commission + s.logistics AS fees,
           (s.commission + s.logistics)::numeric * s.released AS fees_times,
           greatest(s.seller + s.commission + s.logistics, 1)::numeric AS whole
    FROM shipment s),
taken AS (
    SELECT r.*, div(r.fees_times, r.whole)
               + CASE WHEN 2 * mod(r.fees_times, r.whole) > r.whole
                        OR (2 * mod(r.fees_times, r.whole) = r.whole AND mod(div(r.fees_times, r.whole), 2) = 1)
                      THEN 1 ELSE 0 END AS fee
    FROM part r),
split AS (
    SELECT t.*, div(t.commission * t.fee, greatest(t.fees, 1)::numeric)
               + CASE WHEN 2 * mod(t.commission * t.fee, greatest(t.fees, 1)::numeric) > t.fees
                        OR (2 * mod(t.commission * t.fee, greatest(t.fees, 1)::numeric) = greatest(t.fees, 1)
                            AND mod(div(t.commission * t.fee, greatest(t.fees, 1)::numeric), 2) = 1)
                      THEN 1 ELSE 0 END AS commission_fee
    FROM taken t),
wanted AS (
    SELECT s.slot, s.payment_id, sum(s.released - s.fee) AS sellers, sum(s.commission_fee) AS commission,
           sum(s.fee - s.commission_fee)
               - coalesce((SELECT sum(d.amount - (SELECT coalesce(sum(x), 0) FROM unnest(d.shares) x)) FROM dispute d
                           WHERE d.slot = s.slot AND d.payment_id = s.payment_id AND d.status = 'lost'), 0) AS carriers
    FROM split s
    GROUP BY s.slot, s.payment_id),
booked AS (
    SELECT t.slot, t.source_id AS payment_id,
           -coalesce(sum(e.amount) FILTER (WHERE c.account IN ('seller_payable', 'seller_reserve', 'seller_receivable', 'buyer_wallet',
                                                               'interslot')), 0) AS sellers,
           -coalesce(sum(e.amount) FILTER (WHERE c.account = 'commission'), 0) AS commission,
           -coalesce(sum(e.amount) FILTER (WHERE c.account IN ('logistics_payable', 'goodwill', 'chargeback_loss')), 0) AS carriers
    FROM shipment s
    JOIN ledger_transaction t ON t.slot = s.slot AND t.source_id = s.payment_id
    JOIN ledger_entry e ON e.slot = t.slot AND e.transaction_id = t.id
    JOIN account a ON a.slot = e.slot AND a.id = e.account_id
    JOIN chart c ON c.code = a.code
    WHERE s.n = (SELECT min(f.n) FROM shipment f WHERE f.slot = s.slot AND f.payment_id = s.payment_id)
      AND t.kind NOT IN (SELECT w.booked FROM wallet_word w)
    GROUP BY t.slot, t.source_id)
SELECT w.slot, w.payment_id, 'payment' AS object, w.payment_id AS object_id, x.what, x.expected::text AS expected,
       x.found::text AS found, p.currency, abs(x.expected - x.found) AS at_stake
FROM wanted w
JOIN payment p ON p.slot = w.slot AND p.id = w.payment_id
LEFT JOIN booked b ON b.slot = w.slot AND b.payment_id = w.payment_id
CROSS JOIN LATERAL (VALUES
    ('of sellers', w.sellers, coalesce(b.sellers, 0)), ('of our commission', w.commission, coalesce(b.commission, 0)),
    ('of carriers', w.carriers, coalesce(b.carriers, 0))) AS x (what, expected, found)
WHERE x.expected <> x.found
