-- owner: payments. The whole life of a payment: changed amounts, further attempts, authorizations that
-- end by themselves, and operations that florin begins by itself.

-- first_*: how the payment was created, where that has changed since (0 and '' = as it is); the data
-- of version 1 is made of it. due_at: when something is to be done by itself (a warning, a
-- cancellation); 'infinity' = nothing.
ALTER TABLE florin.payment
    ADD COLUMN first_amount        bigint      NOT NULL DEFAULT 0,
    ADD COLUMN first_method_type   text        NOT NULL DEFAULT '',
    ADD COLUMN first_method_token  text        NOT NULL DEFAULT '',
    ADD COLUMN first_provider      text        NOT NULL DEFAULT '',
    ADD COLUMN card_brand          text        NOT NULL DEFAULT '',
    ADD COLUMN authorized_until    timestamptz NOT NULL DEFAULT 'infinity',
    ADD COLUMN can_increment       boolean     NOT NULL DEFAULT false,
    ADD COLUMN cancellation_reason text        NOT NULL DEFAULT '',
    ADD COLUMN due_at              timestamptz NOT NULL DEFAULT 'infinity',
    ADD COLUMN dispute_override    boolean     NOT NULL DEFAULT false;
-- A dispute may be about more than is left of the payment (another currency, after a refund).
ALTER TABLE florin.payment
    DROP CONSTRAINT payment_check3,
    ADD CONSTRAINT payment_refunds CHECK (refunded + refund_reserved <= captured),
    ADD CONSTRAINT payment_disputes
        CHECK (dispute_override OR refunded + refund_reserved + disputed <= captured);
CREATE INDEX payment_due ON florin.payment (due_at) WHERE due_at < 'infinity';

ALTER TABLE florin.payment_order ADD COLUMN first_amount bigint NOT NULL DEFAULT 0;

-- about: the provider's reference of a charge that is not the payment's (an authorization that was
-- replaced, a late success). by_itself: nobody asked for it and nobody waits: it is never given up.
-- returned: a refund that was paid out and came back from the bank.
ALTER TABLE florin.operation
    ADD COLUMN about     text    NOT NULL DEFAULT '',
    ADD COLUMN by_itself boolean NOT NULL DEFAULT false,
    ADD COLUMN returned  boolean NOT NULL DEFAULT false;

-- Its columns, in this order, are what the program reads (read_payment in payments/store.cpp).
-- payment_reference: the provider's id of the payment, as the main operation knows it.
DROP VIEW florin.payment_operation;
CREATE VIEW florin.payment_operation AS
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
       o.returned, o.by_itself, o.why, o.proved_by, o.proof_reference, o.proof_hash, o.ended_version, p.status
FROM florin.payment p
JOIN florin.operation m ON m.slot = p.slot AND m.payment_id = p.id AND m.id = p.operation_id
JOIN florin.operation o ON o.slot = p.slot AND o.payment_id = p.id;

ALTER TYPE florin.payment_step
    ADD ATTRIBUTE payment_amount      bigint,
    ADD ATTRIBUTE method_type         text,
    ADD ATTRIBUTE method_token        text,
    ADD ATTRIBUTE first_amount        bigint,
    ADD ATTRIBUTE first_method_type   text,
    ADD ATTRIBUTE first_method_token  text,
    ADD ATTRIBUTE first_provider      text,
    ADD ATTRIBUTE card_brand          text,
    ADD ATTRIBUTE authorized_until    timestamptz,
    ADD ATTRIBUTE can_increment       boolean,
    ADD ATTRIBUTE cancellation_reason text,
    ADD ATTRIBUTE payment_due_at      timestamptz,
    ADD ATTRIBUTE disputed            bigint,
    ADD ATTRIBUTE dispute_override    boolean,
    ADD ATTRIBUTE about               text,
    ADD ATTRIBUTE by_itself           boolean,
    ADD ATTRIBUTE returned            boolean;

-- As in 0004, with the columns above. The end of an adjustment with success (kind 6, state 2) gives
-- each order its share as its amount.
CREATE OR REPLACE FUNCTION florin.advance_payments(s florin.payment_step[]) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_seqscan = off AS $$
DECLARE
    updated integer;
    begun   integer;
BEGIN
    INSERT INTO florin.event (slot, payment_id, version, id, operation_id, type, data, at)
    SELECT u.slot, u.id, u.version, u.event_id, u.operation_id, u.event_type, u.data, u.updated_at
    FROM unnest(s) u;
    INSERT INTO florin.idempotency
        (slot, merchant_id, scope, key, request_hash, payment_id, operation_id, created_at)
    SELECT u.slot, u.merchant_id, u.scope, u.key, u.request_hash, u.id, u.operation_id, u.updated_at
    FROM unnest(s) u WHERE u.scope <> 0;
    UPDATE florin.payment p
    SET version = u.version, authorized = u.authorized, capture_reserved = u.capture_reserved,
        captured = u.captured, voided = u.voided, refund_reserved = u.refund_reserved,
        refunded = u.refunded, status = u.status, doing = u.doing, waiting_for = u.waiting_for,
        operation_id = u.main_id, updated_at = u.updated_at, amount = u.payment_amount,
        method_type = u.method_type, method_token = u.method_token, first_amount = u.first_amount,
        first_method_type = u.first_method_type, first_method_token = u.first_method_token,
        first_provider = u.first_provider, card_brand = u.card_brand, authorized_until = u.authorized_until,
        can_increment = u.can_increment, cancellation_reason = u.cancellation_reason,
        due_at = u.payment_due_at, disputed = u.disputed, dispute_override = u.dispute_override
    FROM unnest(s) u
    WHERE p.slot = u.slot AND p.merchant_id = u.merchant_id AND p.id = u.id
      AND p.version = u.version - 1;
    GET DIAGNOSTICS updated = ROW_COUNT;
    IF updated < cardinality(s) THEN
        RAISE EXCEPTION 'a payment is not at the expected version' USING ERRCODE = 'FL001';
    END IF;
    INSERT INTO florin.operation
        (slot, payment_id, id, merchant_id, kind, state, generation, provider, provider_key,
         provider_reference, amount, sent_at, due_at, reason, shares, is_final, about, by_itself)
    SELECT u.slot, u.id, u.operation_id, u.merchant_id, u.kind, u.state, u.generation, u.provider,
           u.provider_key, u.provider_reference, u.amount, u.sent_at, u.due_at, u.reason, u.shares,
           u.is_final, u.about, u.by_itself
    FROM unnest(s) u WHERE u.operation_is_new;
    GET DIAGNOSTICS begun = ROW_COUNT;
    UPDATE florin.operation o
    SET state = u.state, generation = u.generation, provider = u.provider,
        provider_key = u.provider_key, provider_reference = u.provider_reference, sent_at = u.sent_at,
        due_at = u.due_at, tries = u.tries, review = u.review, next_action = u.next_action,
        decline_code = u.decline_code, decline_detail = u.decline_detail,
        shares = u.shares, why = u.why, proved_by = u.proved_by, proof_reference = u.proof_reference,
        proof_hash = u.proof_hash, ended_version = u.ended_version, returned = u.returned
    FROM unnest(s) u
    WHERE NOT u.operation_is_new AND o.slot = u.slot AND o.payment_id = u.id
      AND o.id = u.operation_id;
    GET DIAGNOSTICS updated = ROW_COUNT;
    IF begun + updated < cardinality(s) THEN
        RAISE EXCEPTION 'an operation is missing' USING ERRCODE = 'FL001';
    END IF;
    IF EXISTS (SELECT FROM unnest(s) u
               WHERE u.kind = 6 AND u.state = 2 AND u.ended_version = u.version) THEN
        UPDATE florin.payment_order r
        SET first_amount = CASE r.first_amount WHEN 0 THEN r.amount ELSE r.first_amount END,
            amount = x.share
        FROM (SELECT u.slot, u.id, a.share, a.n
              FROM unnest(s) u CROSS JOIN LATERAL unnest(u.shares) WITH ORDINALITY AS a (share, n)
              WHERE u.kind = 6 AND u.state = 2 AND u.ended_version = u.version) x
        WHERE r.slot = x.slot AND r.payment_id = x.id AND r.n = x.n - 1;
    END IF;
END $$;

-- Operations that a step begins beside its own, not sent yet (state ready): the resolver sends them.
CREATE TYPE florin.new_operation AS (
    slot          smallint,
    payment_id    uuid,
    id            uuid,
    merchant_id   uuid,
    kind          smallint,
    state         smallint,
    provider      text,
    provider_key  text,
    amount        bigint,
    due_at        timestamptz,
    reason        text,
    shares        bigint[],
    about         text,
    by_itself     boolean
);

CREATE FUNCTION florin.begin_operations(n florin.new_operation[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO florin.operation
        (slot, payment_id, id, merchant_id, kind, state, generation, provider, provider_key, amount,
         sent_at, due_at, reason, shares, about, by_itself)
    SELECT u.slot, u.payment_id, u.id, u.merchant_id, u.kind, u.state, 0, u.provider,
           u.provider_key, u.amount, u.due_at, u.due_at, u.reason, u.shares, u.about, u.by_itself
    FROM unnest(n) u;
END $$;
