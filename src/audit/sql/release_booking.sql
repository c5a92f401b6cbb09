-- Orders of which more or less left escrow for the seller than the order says: what is with him, and what refunds and
-- lost disputes have taken back since.
SELECT s.slot, s.payment_id, 'order' AS object, s.order_id AS object_id, 'released from escrow' AS what,
       (s.released + s.taken_back)::text AS expected, coalesce(b.amount, 0)::text AS found, p.currency,
       abs(s.released + s.taken_back - coalesce(b.amount, 0))::numeric AS at_stake
FROM (
    SELECT x.*,
           coalesce((SELECT sum(o.taken_back[x.n + 1]) FROM operation o
                     WHERE o.slot = x.slot AND o.payment_id = x.payment_id AND o.kind = 'refund'
                       AND o.state <> 'declined' AND NOT o.is_late), 0)
               + coalesce((SELECT sum(d.taken_back[x.n + 1]) FROM dispute d
                           WHERE d.slot = x.slot AND d.payment_id = x.payment_id AND d.status = 'lost'), 0)
               AS taken_back
    FROM shipment x
) s
JOIN payment p ON p.slot = s.slot AND p.id = s.payment_id
LEFT JOIN LATERAL (
    SELECT sum(e.amount) AS amount
    FROM order_release r
    JOIN ledger_entry e ON e.slot = r.slot AND e.transaction_id = r.transaction_id AND e.reference_id = r.order_id
    JOIN account a ON a.slot = e.slot AND a.id = e.account_id
    WHERE r.slot = s.slot AND r.order_id = s.order_id
      AND a.code = (SELECT c.code FROM chart c WHERE c.account = 'escrow')
) b ON true
WHERE s.released + s.taken_back <> coalesce(b.amount, 0)
