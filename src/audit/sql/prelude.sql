-- What every check builds on: the rows of some slots with words for their numbers, and what the specification
-- (docs/ledger.md) wants booked for them. Numbers of kinds, states, scopes and accounts stand here and nowhere else.
-- $1 first slot  $2 last slot  $3 now. A check is one statement, so that it sees one instant on Citus too. It names no
-- table of florin but these, each cut to the slots: PostgreSQL does not pass a range on from one side of a join.
WITH kind_word (number, kind, is_main) AS (VALUES
    (1::smallint, 'authorize', true), (2, 'sale', true), (3, 'capture', true), (4, 'cancel', true),
    (5, 'refund', false), (6, 'adjust', true), (7, 'release', false)),
state_word (number, state, has_ended) AS (VALUES
    (0::smallint, 'ready', false), (1, 'sending', false), (2, 'succeeded', true), (3, 'declined', true),
    (4, 'pending', false), (5, 'not_sent', false), (6, 'unknown', false), (7, 'not_found_wait', false),
    (8, 'fencing', false), (9, 'reversing', false)),
scope_word (number, kind) AS (VALUES
    (1::smallint, 'authorize'), (1, 'sale'), (2, 'capture'), (3, 'cancel'), (4, 'refund'),
    (5, 'cancel'), (5, 'refund'), (6, 'adjust'), (7, 'authorize'), (7, 'sale'), (8, 'cancel'),
    -- What was canceled before the provider had decided is that operation itself.
    (3, 'authorize'), (3, 'sale'), (8, 'authorize'), (8, 'sale'), (11, 'refund'), (12, 'refund'),
    -- A word on an order stands for the operation that was the payment's main one then.
    (13, 'authorize'), (13, 'sale'), (13, 'capture'), (13, 'cancel'), (13, 'adjust')),
order_scope (number) AS (VALUES (13::smallint)),
-- A second person's word comes with a key of its own.
decision_scope (number) AS (VALUES (11::smallint), (12)),
-- What a state of refund_approval demands of the events and of the refund.
approval_word (number, decided, refund) AS (VALUES
    (1::smallint, NULL, 'not sent'), (2, 'refund.approved', 'sent'), (3, 'refund.rejected', 'declined')),
-- strict: the side on which an account grows that may never be below zero (1 debit, -1 credit); 0 = tallied.
chart (code, account, has_owner, strict) AS (VALUES
    (1010::smallint, 'bank', true, 0), (1100, 'psp_receivable', true, 0), (1110, 'psp_settlement', true, 0),
    (1200, 'seller_receivable', true, 1), (1300, 'chargeback_receivable', false, 0), (2010, 'buyer_wallet', true, -1),
    (2100, 'escrow', false, 0), (2150, 'payout_in_flight', true, 0), (2200, 'seller_pending', true, -1),
    (2210, 'seller_payable', true, -1), (2220, 'seller_reserve', true, -1), (2300, 'logistics_payable', true, 0),
    (2400, 'tax_payable', true, 0), (2600, 'refund_in_flight', true, 0), (2900, 'unapplied', false, 0),
    (2950, 'interslot', true, 0), (4010, 'commission', false, 0), (5010, 'psp_fees', true, 0),
    (5020, 'chargeback_loss', false, 0), (5030, 'chargeback_fees', false, 0), (5060, 'goodwill', false, 0),
    (5080, 'payout_fees', true, 0), (2020, 'buyer_wallet_held', true, -1), (2500, 'points_liability', false, 0),
    (4200, 'points_breakage', false, 0), (5050, 'loyalty_expense', false, 0), (9100, 'points_outstanding', false, 0),
    (3900, 'fx_position', false, 0), (4100, 'fx_revenue', false, 0), (9200, 'points_wallet', true, -1), (9210, 'points_held', true, -1)),
-- What is asked of a wallet. spends: whether it leaves the wallet, 1, or comes in, -1.
wallet_word (number, kind, is_points, booked, spends, has_charge) AS (
    SELECT x.number, x.kind, p.is_points, CASE WHEN p.is_points THEN 'points_' ELSE 'wallet_' END || x.kind, x.spends,
           x.has_charge
    FROM (VALUES (1::smallint, 'hold', 0, true), (2, 'sale', 1, true), (3, 'capture', 1, true), (4, 'release', 0, true),
                 (5, 'refund', -1, true), (6, 'adjust', 0, true), (7, 'credit', -1, false), (8, 'earn', -1, false),
                 (9, 'expire', 1, false)) AS x (number, kind, spends, has_charge)
    CROSS JOIN (VALUES (false), (true)) AS p (is_points)),
-- The event that ends an operation. What ended with a no and turned out a yes keeps the event of its no.
end_word (kind, has_succeeded, type) AS (VALUES
    ('authorize', true, 'payment.authorized'), ('authorize', false, 'payment.failed'),
    ('sale', true, 'payment.succeeded'), ('sale', true, 'payment.partially_captured'),
    ('sale', false, 'payment.failed'), ('sale', false, 'payment.canceled'), ('sale', false, 'payment.expired'),
    ('authorize', false, 'payment.canceled'), ('authorize', false, 'payment.expired'),
    ('capture', true, 'payment.succeeded'), ('capture', true, 'payment.partially_captured'),
    ('capture', false, 'payment.capture_failed'),
    ('cancel', true, 'payment.canceled'), ('cancel', true, 'payment.succeeded'),
    ('cancel', true, 'payment.expired'), ('cancel', false, 'payment.cancel_failed'),
    ('refund', true, 'refund.succeeded'), ('refund', false, 'refund.failed'), ('refund', false, 'refund.rejected'),
    ('adjust', true, 'payment.adjusted'), ('adjust', false, 'payment.adjust_failed'),
    ('release', true, 'release.succeeded'), ('release', false, 'release.failed')),
-- Digits of minor units in ISO 4217; all others have 2.
minor_unit (currency, digits) AS (
    SELECT x.currency, 0 FROM unnest(ARRAY['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX',
                                           'VND', 'VUV', 'XAF', 'XOF', 'XPF']) AS x (currency)
    UNION ALL
    SELECT x.currency, 3 FROM unnest(ARRAY['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND']) AS x (currency)),
fx_quote AS NOT MATERIALIZED (SELECT * FROM florin.fx_quote WHERE slot BETWEEN $1 AND $2),
payment AS NOT MATERIALIZED (SELECT * FROM florin.payment WHERE slot BETWEEN $1 AND $2),
payment_order AS NOT MATERIALIZED (SELECT * FROM florin.payment_order WHERE slot BETWEEN $1 AND $2),
dispute AS NOT MATERIALIZED (SELECT * FROM florin.dispute WHERE slot BETWEEN $1 AND $2),
shipment AS NOT MATERIALIZED (
    SELECT s.*, q.id AS order_id
    FROM florin.shipment s
    JOIN florin.payment_order q ON q.slot = s.slot AND q.payment_id = s.payment_id AND q.n = s.n
    WHERE s.slot BETWEEN $1 AND $2),
provider_event AS NOT MATERIALIZED (SELECT * FROM florin.provider_event WHERE slot BETWEEN $1 AND $2),
refund_approval AS NOT MATERIALIZED (SELECT * FROM florin.refund_approval WHERE slot BETWEEN $1 AND $2),
fee_rule AS NOT MATERIALIZED (SELECT * FROM florin.fee_rule WHERE slot BETWEEN $1 AND $2),
wallet_movement AS NOT MATERIALIZED (SELECT * FROM florin.wallet_movement WHERE slot BETWEEN $1 AND $2),
wallet_charge AS NOT MATERIALIZED (SELECT * FROM florin.wallet_charge WHERE slot BETWEEN $1 AND $2),
points_lot AS NOT MATERIALIZED (SELECT * FROM florin.points_lot WHERE slot BETWEEN $1 AND $2),
points_terms AS NOT MATERIALIZED (SELECT * FROM florin.points_terms),
-- What people booked by hand, and took back.
journal_word (is_reversal, booked) AS (VALUES (false, 'journal'), (true, 'journal_reversal')),
journal_entry AS NOT MATERIALIZED (
    SELECT x.*, x.reverses <> '00000000-0000-0000-0000-000000000000' AS is_reversal
    FROM florin.journal_entry x
    WHERE x.slot BETWEEN $1 AND $2),
journal_line AS NOT MATERIALIZED (SELECT * FROM florin.journal_line WHERE slot BETWEEN $1 AND $2),
event AS NOT MATERIALIZED (SELECT * FROM florin.event WHERE slot BETWEEN $1 AND $2),
event_mark AS NOT MATERIALIZED (SELECT * FROM florin.event_mark WHERE slot BETWEEN $1 AND $2),
feed_head AS NOT MATERIALIZED (SELECT * FROM florin.feed_head WHERE slot BETWEEN $1 AND $2),
idempotency AS NOT MATERIALIZED (SELECT * FROM florin.idempotency WHERE slot BETWEEN $1 AND $2),
ledger_account AS NOT MATERIALIZED (SELECT * FROM florin.ledger_account WHERE slot BETWEEN $1 AND $2),
ledger_transaction AS NOT MATERIALIZED (SELECT * FROM florin.ledger_transaction WHERE slot BETWEEN $1 AND $2),
ledger_entry AS NOT MATERIALIZED (SELECT * FROM florin.ledger_entry WHERE slot BETWEEN $1 AND $2),
tally_mark AS NOT MATERIALIZED (SELECT * FROM florin.tally_mark WHERE slot BETWEEN $1 AND $2),
tally_balance AS NOT MATERIALIZED (SELECT * FROM florin.tally_balance WHERE slot BETWEEN $1 AND $2),
tally_day AS NOT MATERIALIZED (SELECT * FROM florin.tally_day WHERE slot BETWEEN $1 AND $2),
account_balance AS NOT MATERIALIZED (SELECT * FROM florin.account_balance WHERE slot BETWEEN $1 AND $2),
-- is_late: a yes after the no. is_parked: such a yes that fits nowhere; its money is in unapplied.
-- is_of_suspense: a refund that returns such money. waits: for a second person, without an end of its own. counts: its amount stands in the payment's counters as done.
operation AS NOT MATERIALIZED (
    SELECT y.*, y.state = 'succeeded' AND NOT y.is_of_suspense
                AND (NOT y.is_late OR (y.kind IN ('capture', 'refund') AND NOT y.is_parked)) AS counts
    FROM (
        SELECT x.*, x.is_late AND x.kind IN ('sale', 'capture', 'refund') AND cardinality(x.shares) > 0
                    AND 0 = ALL (x.shares) AS is_parked,
               x.kind = 'refund' AND x.about <> '' AS is_of_suspense
        FROM (
            SELECT o.slot, o.payment_id, o.id, o.merchant_id, k.kind, k.is_main, s.state, s.has_ended, o.provider,
                   o.provider_key, o.provider_reference, o.amount, o.tender_amount, o.tender_reference,
                   o.presentment_amount, o.fx_spread, o.sent_at, o.due_at, o.shares, o.taken_back,
                   o.is_final,
                   o.about, o.returned, o.proved_by, o.ended_version,
                   s.state = 'ready' AND EXISTS (
                       SELECT FROM refund_approval a
                       WHERE a.slot = o.slot AND a.refund_id = o.id AND a.state = 1) AS waits,
                   s.state = 'succeeded' AND EXISTS (
                       SELECT FROM event e
                       WHERE e.slot = o.slot AND e.payment_id = o.payment_id AND e.version > o.ended_version
                         AND e.operation_id = o.id AND e.type IN ('payment.late_success', 'refund.late_success', 'release.late_success')
                   ) AS is_late
            FROM florin.operation o
            LEFT JOIN kind_word k ON k.number = o.kind
            LEFT JOIN state_word s ON s.number = o.state
            WHERE o.slot BETWEEN $1 AND $2
        ) x
    ) y),
-- When what is booked. stage: makes the transaction's id; 0 is the operation's own.
booking_rule (kind, applies, stage, booked, transaction_kind) AS (VALUES
    ('sale', 'counted', 0, 'capture', 'capture'), ('sale', 'parked', 0, 'late_success', 'late_success'),
    ('capture', 'counted', 0, 'capture', 'capture'), ('capture', 'parked', 0, 'late_success', 'late_success'),
    ('refund', 'of orders', 0, 'refund', 'refund'), ('refund', 'of suspense', 0, 'suspense', 'refund'),
    ('refund', 'in time', 1, 'refund_paid', 'refund_paid'),
    ('refund', 'refused to orders', 2, 'refund_refused', 'refund_refused'),
    ('refund', 'refused to suspense', 2, 'suspense_refused', 'refund_refused'),
    ('refund', 'late', 3, 'late_refund', 'late_refund'),
    ('refund', 'parked', 4, 'parked_refund', 'late_refund'),
    ('refund', 'returned', 5, 'refund_returned', 'refund_returned')),
booking AS NOT MATERIALIZED (
    SELECT o.slot, o.payment_id, o.merchant_id, o.id AS operation_id, o.provider, o.amount, o.tender_amount, o.presentment_amount, o.fx_spread, o.shares, o.taken_back,
           r.booked,
           r.transaction_kind,
           CASE WHEN r.stage = 0 THEN o.id
                ELSE encode(substring(uuid_send(o.id) FROM 1 FOR 9) || substring(
                         sha256(uuid_send(o.id) || set_byte('\x00'::bytea, 0, r.stage)) FROM 1 FOR 7), 'hex')::uuid
           END AS transaction_id
    FROM operation o
    JOIN booking_rule r ON r.kind = o.kind AND CASE r.applies
        WHEN 'counted' THEN o.counts
        WHEN 'of orders' THEN NOT o.is_of_suspense
        WHEN 'of suspense' THEN o.is_of_suspense
        WHEN 'in time' THEN o.state = 'succeeded' AND NOT o.is_late
        WHEN 'refused to orders' THEN NOT o.is_of_suspense AND (o.state = 'declined' OR o.is_late)
        WHEN 'refused to suspense' THEN o.is_of_suspense AND (o.state = 'declined' OR o.is_late)
        WHEN 'late' THEN o.counts AND o.is_late
        WHEN 'parked' THEN o.is_parked
        WHEN 'returned' THEN o.returned END),
-- Which accounts a booking moves: 1 = debit. refers: whose money it is.
leg_rule (booked, account, side, refers) AS (VALUES
    ('capture', 'psp_receivable', 1, 'payment'), ('capture', 'escrow', -1, 'order'),
    ('late_success', 'psp_receivable', 1, 'payment'), ('late_success', 'unapplied', -1, 'payment'),
    ('refund', 'escrow', 1, 'order'), ('refund', 'refund_in_flight', -1, 'operation'),
    ('refund_paid', 'refund_in_flight', 1, 'operation'), ('refund_paid', 'psp_receivable', -1, 'operation'),
    ('refund_refused', 'refund_in_flight', 1, 'operation'), ('refund_refused', 'escrow', -1, 'order'),
    ('suspense', 'unapplied', 1, 'payment'), ('suspense', 'refund_in_flight', -1, 'operation'),
    ('suspense_refused', 'refund_in_flight', 1, 'operation'), ('suspense_refused', 'unapplied', -1, 'payment'),
    ('refund_returned', 'psp_receivable', 1, 'operation'), ('refund_returned', 'unapplied', -1, 'operation'),
    ('late_refund', 'escrow', 1, 'order'), ('late_refund', 'psp_receivable', -1, 'operation'),
    ('parked_refund', 'unapplied', 1, 'operation'), ('parked_refund', 'psp_receivable', -1, 'operation')),
leg AS NOT MATERIALIZED (
    SELECT b.slot, b.payment_id, b.merchant_id, b.transaction_id, r.side * CASE
               WHEN w.of_tender THEN b.tender_amount
               WHEN r.refers <> 'order' AND p.presentment_currency <> '' THEN b.presentment_amount
               WHEN r.refers <> 'order' THEN b.amount - b.tender_amount
               WHEN cardinality(b.shares) = 0 THEN q.amount
               ELSE b.shares[q.n + 1] - coalesce(b.taken_back[q.n + 1], 0) END AS amount,
           CASE r.refers WHEN 'order' THEN q.id WHEN 'payment' THEN b.payment_id ELSE b.operation_id END
               AS reference_id,
           c.account || CASE WHEN c.has_owner THEN ':' || CASE WHEN w.of_tender THEN p.tender_provider ELSE b.provider END
                                ELSE '' END || ':' || CASE WHEN r.refers <> 'order' AND p.presentment_currency <> ''
                                                           THEN p.presentment_currency ELSE p.currency END AS name
    FROM booking b
    JOIN payment p ON p.slot = b.slot AND p.id = b.payment_id
    JOIN leg_rule r ON r.booked = b.booked
    JOIN chart c ON c.account = r.account
    -- What the wallet has a part in moves its account too; what comes late or back is of the method alone.
    JOIN (VALUES (false), (true)) AS w (of_tender)
      ON NOT w.of_tender
      OR (b.tender_amount > 0 AND c.has_owner AND b.booked IN ('capture', 'refund', 'refund_paid', 'refund_refused'))
    LEFT JOIN payment_order q ON r.refers = 'order' AND q.slot = b.slot AND q.payment_id = b.payment_id
    WHERE r.refers <> 'order' OR q.id IS NOT NULL
    UNION ALL
    -- What was paid in another currency is converted over the positions; the spread is ours.
    SELECT b.slot, b.payment_id, b.merchant_id, b.transaction_id, w.side * x.amount, p.fx_quote_id,
           x.account || ':' || x.currency
    FROM booking b
    JOIN payment p ON p.slot = b.slot AND p.id = b.payment_id AND p.presentment_currency <> ''
    JOIN (VALUES ('capture', 1), ('refund', -1), ('refund_refused', 1)) AS w (booked, side) ON w.booked = b.booked
    CROSS JOIN LATERAL (VALUES
        ('fx_position', p.presentment_currency, -b.presentment_amount),
        ('fx_position', p.currency, b.amount + b.fx_spread),
        ('fx_revenue', p.currency, -b.fx_spread)) AS x (account, currency, amount)),
-- What a dispute has moved, by the number of the movement, which makes the transaction's id.
movement AS NOT MATERIALIZED (
    SELECT d.slot, d.payment_id, d.merchant_id, d.id AS dispute_id, n.number,
           encode(substring(uuid_send(d.id) FROM 1 FOR 9) || substring(
               sha256(uuid_send(d.id) || set_byte('\x00'::bytea, 0, n.number)) FROM 1 FOR 7), 'hex')::uuid
               AS transaction_id
    FROM dispute d
    CROSS JOIN LATERAL generate_series(1, d.movements::integer) AS n (number)),
-- The transactions that release an order, by their number.
order_release AS NOT MATERIALIZED (
    SELECT s.slot, s.payment_id, s.merchant_id, s.order_id, n.number,
           encode(substring(uuid_send(s.order_id) FROM 1 FOR 9) || substring(
               sha256(uuid_send(s.order_id) || set_byte('\x00'::bytea, 0, n.number)) FROM 1 FOR 7), 'hex')::uuid
               AS transaction_id
    FROM shipment s
    CROSS JOIN LATERAL generate_series(1, s.movements::integer) AS n (number)),
payout AS NOT MATERIALIZED (SELECT * FROM florin.payout WHERE slot BETWEEN $1 AND $2),
payout_event AS NOT MATERIALIZED (SELECT * FROM florin.payout_event WHERE slot BETWEEN $1 AND $2),
payout_reserve AS NOT MATERIALIZED (SELECT * FROM florin.payout_reserve WHERE slot BETWEEN $1 AND $2),
-- What can be booked of a payout, under which id, and whether its status demands it.
payout_stage AS NOT MATERIALIZED (
    SELECT p.slot, p.id AS payout_id, p.currency, p.amount, n.stage,
           CASE n.stage WHEN 0 THEN 'payout' WHEN 1 THEN 'payout_paid' WHEN 2 THEN 'payout_' || p.status
                WHEN 3 THEN 'payout_returned' ELSE 'reserve_released' END AS transaction_kind,
           CASE n.stage WHEN 0 THEN true
                WHEN 1 THEN w.was_paid
                WHEN 2 THEN p.status IN ('failed', 'canceled') OR (p.status = 'returned' AND NOT w.was_paid)
                WHEN 3 THEN p.status = 'returned' AND w.was_paid
                ELSE EXISTS (SELECT FROM payout_reserve r
                             WHERE r.slot = p.slot AND r.payout_id = p.id AND r.due_at = 'infinity') END AS applies,
           CASE WHEN n.stage = 0 THEN p.id
                ELSE encode(substring(uuid_send(p.id) FROM 1 FOR 9) || substring(
                         sha256(uuid_send(p.id) || set_byte('\x00'::bytea, 0, n.stage)) FROM 1 FOR 7), 'hex')::uuid
           END AS transaction_id
    FROM payout p
    CROSS JOIN LATERAL (
        SELECT p.status = 'paid' OR EXISTS (
            SELECT FROM payout_event e
            WHERE e.slot = p.slot AND e.payout_id = p.id AND e.status = 'paid') AS was_paid) w
    CROSS JOIN generate_series(0, 4) AS n (stage)),
-- Every account with the name that its columns make.
account AS NOT MATERIALIZED (
    SELECT a.slot, a.id, a.merchant_id, a.code, a.currency, coalesce(c.strict, 0) AS strict,
           coalesce(c.account || CASE WHEN c.has_owner THEN ':' || a.owner ELSE '' END || ':' || a.currency,
                    '?' || a.code) AS name
    FROM ledger_account a
    LEFT JOIN chart c ON c.code = a.code)
