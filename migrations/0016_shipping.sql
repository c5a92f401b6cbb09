-- owner: payments. Orders are shipped, their money is released to sellers, and refunds may take it back from them.

ALTER TABLE florin.payment_order ADD COLUMN category text NOT NULL DEFAULT '';
ALTER TYPE florin.new_payment_order ADD ATTRIBUTE category text;

-- taken_back: what of the shares had been released to sellers and came from them; empty = nothing.
ALTER TABLE florin.operation ADD COLUMN taken_back bigint[] NOT NULL DEFAULT '{}';
-- frozen: by order, what of the seller's money is in his reserve until the dispute is decided; freezes: how often that
-- has changed.
ALTER TABLE florin.dispute
    ADD COLUMN taken_back bigint[] NOT NULL DEFAULT '{}',
    ADD COLUMN frozen     bigint[] NOT NULL DEFAULT '{}',
    ADD COLUMN freezes    smallint NOT NULL DEFAULT 0;
CREATE OR REPLACE VIEW florin.payment_operation AS
SELECT p.slot, p.merchant_id, p.id, p.version, p.checkout_id, p.buyer_id, p.buyer_email,
       p.method_type, p.method_token, p.return_url, p.capture_later, p.livemode, p.currency, p.amount,
       p.authorized, p.capture_reserved, p.captured, p.voided, p.refund_reserved, p.refunded,
       p.disputed, p.doing, p.waiting_for, p.created_at, p.updated_at,
       p.first_amount, p.first_method_type, p.first_method_token, p.first_provider, p.card_brand,
       p.authorized_until, p.can_increment, p.cancellation_reason, p.due_at AS payment_due_at, p.dispute_override,
       m.id AS main_id, m.provider_reference AS payment_reference,
       o.id AS operation_id, o.kind, o.state, o.generation, o.provider, o.provider_key,
       o.provider_reference, o.amount AS operation_amount, o.sent_at, o.due_at, o.tries, o.review,
       o.next_action, o.decline_code, o.decline_detail, o.reason, o.shares, o.is_final, o.about,
       o.returned, o.by_itself, o.why, o.proved_by, o.proof_reference, o.proof_hash, o.ended_version, p.status,
       o.taken_back
FROM florin.payment p
JOIN florin.operation m ON m.slot = p.slot AND m.payment_id = p.id AND m.id = p.operation_id
JOIN florin.operation o ON o.slot = p.slot AND o.payment_id = p.id;

-- An order that was shipped: n is its number in the payment. release_at: not before it. due_at: when there may be
-- something to release; 'infinity' = nothing is. seller, commission, logistics: the split of the whole order, once
-- something of it was released. released: how much of it is with them now; a refund may take it back. movements: how
-- often it was booked.
CREATE TABLE florin.shipment (
    slot            smallint    NOT NULL,
    payment_id      uuid        NOT NULL,
    n               smallint    NOT NULL,
    merchant_id     uuid        NOT NULL,
    status          text        NOT NULL,
    carrier         text        NOT NULL,
    tracking_number text        NOT NULL,
    evidence        text        NOT NULL,
    shipped_at      timestamptz NOT NULL,
    estimated_at    timestamptz NOT NULL,
    delivered_at    timestamptz NOT NULL,
    returned_at     timestamptz NOT NULL,
    release_at      timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    seller          bigint      NOT NULL,
    commission      bigint      NOT NULL,
    logistics       bigint      NOT NULL,
    released        bigint      NOT NULL,
    movements       smallint    NOT NULL,
    PRIMARY KEY (slot, payment_id, n),
    CHECK (least(seller, commission, logistics, released, movements) >= 0),
    CHECK (released <= seller + commission + logistics)
);
CREATE INDEX shipment_due ON florin.shipment (due_at) WHERE due_at < 'infinity';

-- Shipments as they are after a step of their payment.
CREATE FUNCTION florin.write_shipments(s florin.shipment[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO florin.shipment
    SELECT u.* FROM unnest(s) u
    ON CONFLICT (slot, payment_id, n) DO UPDATE
    SET status = excluded.status, carrier = excluded.carrier, tracking_number = excluded.tracking_number,
        evidence = excluded.evidence, shipped_at = excluded.shipped_at, estimated_at = excluded.estimated_at,
        delivered_at = excluded.delivered_at, returned_at = excluded.returned_at,
        release_at = excluded.release_at, due_at = excluded.due_at, seller = excluded.seller,
        commission = excluded.commission, logistics = excluded.logistics, released = excluded.released,
        movements = excluded.movements;
END $$;

-- What came from sellers, of refunds that a step began or changed.
CREATE TYPE florin.take_back AS (
    slot         smallint,
    payment_id   uuid,
    operation_id uuid,
    taken_back   bigint[]
);
CREATE FUNCTION florin.write_taken_back(t florin.take_back[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE florin.operation o
    SET taken_back = u.taken_back
    FROM unnest(t) u
    WHERE o.slot = u.slot AND o.payment_id = u.payment_id AND o.id = u.operation_id;
END $$;

-- As in 0011, with the columns above.
CREATE OR REPLACE FUNCTION florin.write_disputes(d florin.dispute[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO florin.dispute
    SELECT u.* FROM unnest(d) u
    ON CONFLICT (slot, id) DO UPDATE
    SET status = excluded.status, amount = excluded.amount, fee = excluded.fee,
        withdrawn = excluded.withdrawn, shares = excluded.shares,
        evidence_due_at = excluded.evidence_due_at, updated_at = excluded.updated_at,
        version = excluded.version, movements = excluded.movements, due_at = excluded.due_at,
        taken_back = excluded.taken_back, frozen = excluded.frozen, freezes = excluded.freezes;
END $$;

-- As in 0004, with the category of orders.
CREATE OR REPLACE FUNCTION florin.create_payments(p florin.new_payment[], r florin.new_payment_order[])
RETURNS TABLE (ord integer, outcome smallint, payment_id uuid, operation_id uuid)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    n   integer;
    won uuid[];
BEGIN
    INSERT INTO florin.idempotency
        (slot, merchant_id, scope, key, request_hash, payment_id, operation_id, created_at)
    SELECT u.slot, u.merchant_id, 1, u.key, u.request_hash, u.id, u.operation_id, u.created_at
    FROM unnest(p) u
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n < cardinality(p) THEN
        -- Some were here before. The losers are told whose key it is; the rest go on.
        SELECT coalesce(array_agg(u.id), '{}') INTO won
        FROM unnest(p) u
        JOIN florin.idempotency i ON i.slot = u.slot AND i.merchant_id = u.merchant_id
                                 AND i.scope = 1 AND i.key = u.key AND i.payment_id = u.id;
        RETURN QUERY
        SELECT u.ord::integer, (CASE WHEN i.request_hash = u.request_hash THEN 1 ELSE 2 END)::smallint,
               i.payment_id, i.operation_id
        FROM ROWS FROM (unnest(p)) WITH ORDINALITY
             AS u (slot, merchant_id, id, key, request_hash, checkout_id, buyer_id, buyer_email,
                   method_type, method_token, return_url, capture_later, livemode, currency, amount,
                   status, created_at, operation_id, kind, state, provider, provider_key, due_at,
                   event_id, event_type, ord)
        JOIN florin.idempotency i ON i.slot = u.slot AND i.merchant_id = u.merchant_id
                                 AND i.scope = 1 AND i.key = u.key AND i.payment_id <> u.id;
    END IF;
    INSERT INTO florin.payment
        (slot, merchant_id, id, version, checkout_id, buyer_id, buyer_email, method_type,
         method_token, return_url, capture_later, livemode, currency, amount, status, doing,
         operation_id, created_at, updated_at)
    SELECT u.slot, u.merchant_id, u.id, 1, u.checkout_id, u.buyer_id, u.buyer_email, u.method_type,
           u.method_token, u.return_url, u.capture_later, u.livemode, u.currency, u.amount,
           u.status, u.kind, u.operation_id, u.created_at, u.created_at
    FROM unnest(p) u WHERE won IS NULL OR u.id = ANY (won);
    INSERT INTO florin.payment_order (slot, payment_id, n, id, reference, seller_account, amount, category)
    SELECT u.slot, u.payment_id, u.n, u.id, u.reference, u.seller_account, u.amount, u.category
    FROM unnest(r) u WHERE won IS NULL OR u.payment_id = ANY (won);
    INSERT INTO florin.operation
        (slot, payment_id, id, merchant_id, kind, state, generation, provider, provider_key, amount,
         sent_at, due_at)
    SELECT u.slot, u.id, u.operation_id, u.merchant_id, u.kind, u.state, 0, u.provider,
           u.provider_key, u.amount, u.created_at, u.due_at
    FROM unnest(p) u WHERE won IS NULL OR u.id = ANY (won);
    INSERT INTO florin.event (slot, payment_id, version, id, operation_id, type, data, at)
    SELECT u.slot, u.id, 1, u.event_id, u.operation_id, u.event_type, '', u.created_at
    FROM unnest(p) u WHERE won IS NULL OR u.id = ANY (won);
END $$;
