-- owner: payments. Payments, their orders, the operations at providers, and the events.

-- Counters in minor units. The status is derived from them, nobody sets it. doing: the kind of the
-- operation that is under way (payments/types.h), 0 = none. fillfactor: a payment is written two or
-- three times within seconds, which then stays on its page.
CREATE TABLE florin.payment (
    slot             smallint    NOT NULL,
    merchant_id      uuid        NOT NULL,
    id               uuid        NOT NULL,
    version          integer     NOT NULL,
    checkout_id      text        NOT NULL,
    buyer_id         text        NOT NULL,
    buyer_email      text        NOT NULL,
    method_type      text        NOT NULL,
    method_token     text        NOT NULL,
    return_url       text        NOT NULL DEFAULT '',
    capture_later    boolean     NOT NULL,
    livemode         boolean     NOT NULL,
    currency         text        NOT NULL,
    amount           bigint      NOT NULL CHECK (amount > 0),
    authorized       bigint      NOT NULL DEFAULT 0,
    capture_reserved bigint      NOT NULL DEFAULT 0,
    captured         bigint      NOT NULL DEFAULT 0,
    voided           bigint      NOT NULL DEFAULT 0,
    refund_reserved  bigint      NOT NULL DEFAULT 0,
    refunded         bigint      NOT NULL DEFAULT 0,
    disputed         bigint      NOT NULL DEFAULT 0,
    doing            smallint    NOT NULL,
    waiting_for      text        NOT NULL DEFAULT '',
    operation_id     uuid        NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    status           text        NOT NULL GENERATED ALWAYS AS (
        CASE WHEN doing IN (1, 2) AND waiting_for = 'customer' THEN 'requires_action'
             WHEN doing IN (1, 2) THEN 'processing'
             WHEN doing = 4 THEN 'canceling'
             WHEN captured > 0 AND captured + voided = authorized THEN 'succeeded'
             WHEN captured > 0 THEN 'partially_captured'
             WHEN authorized > 0 AND voided = authorized THEN 'canceled'
             WHEN authorized > 0 THEN 'authorized'
             ELSE 'failed' END) STORED,
    PRIMARY KEY (slot, merchant_id, id),
    CHECK (least(authorized, capture_reserved, captured, voided,
                 refund_reserved, refunded, disputed) >= 0),
    CHECK (authorized <= amount),
    CHECK (captured + capture_reserved + voided <= authorized),
    CHECK (refunded + refund_reserved + disputed <= captured)
) WITH (fillfactor = 50);

CREATE TABLE florin.payment_order (
    slot           smallint NOT NULL,
    payment_id     uuid     NOT NULL,
    n              smallint NOT NULL,
    id             uuid     NOT NULL,
    reference      text     NOT NULL,
    seller_account text     NOT NULL,
    amount         bigint   NOT NULL CHECK (amount > 0),
    PRIMARY KEY (slot, payment_id, n)
);

-- One call to the outside world. state: domain/operation.h. due_at: the end of the lease while it
-- is sending, the next look while it is unknown or pending; 'infinity' at the end.
CREATE TABLE florin.operation (
    slot               smallint    NOT NULL,
    payment_id         uuid        NOT NULL,
    id                 uuid        NOT NULL,
    merchant_id        uuid        NOT NULL,
    kind               smallint    NOT NULL,
    state              smallint    NOT NULL,
    generation         smallint    NOT NULL,
    provider           text        NOT NULL,
    provider_key       text        NOT NULL,
    provider_reference text        NOT NULL DEFAULT '',
    amount             bigint      NOT NULL CHECK (amount > 0),
    sent_at            timestamptz NOT NULL,
    due_at             timestamptz NOT NULL,
    tries              smallint    NOT NULL DEFAULT 0,
    review             boolean     NOT NULL DEFAULT false,
    next_action        text        NOT NULL DEFAULT '',
    decline_code       text        NOT NULL DEFAULT '',
    decline_detail     text        NOT NULL DEFAULT '',
    why                text        NOT NULL DEFAULT '',
    proved_by          text        NOT NULL DEFAULT '',
    proof_reference    text        NOT NULL DEFAULT '',
    proof_hash         text        NOT NULL DEFAULT '',
    ended_version      integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (slot, payment_id, id)
) WITH (fillfactor = 50);

-- The resolver's queue: what has not ended, by the time of its next look.
CREATE INDEX operation_due ON florin.operation (due_at) WHERE due_at < 'infinity';

-- What happened, one event per version. (slot, payment_id, version) is the judge of every race:
-- whoever adds version n + 1 has changed the payment. Readers of "everything new" stay below the
-- transaction horizon of xid, never above the last id they saw. The data of version 1 is empty:
-- it is made of what a payment never changes (payments/rules.h, as_created).
CREATE TABLE florin.event (
    slot         smallint    NOT NULL,
    payment_id   uuid        NOT NULL,
    version      integer     NOT NULL,
    id           uuid        NOT NULL,
    operation_id uuid        NOT NULL,
    type         text        NOT NULL,
    data         text        NOT NULL,
    at           timestamptz NOT NULL,
    xid          xid8        NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (slot, payment_id, version)
);

-- A payment as everybody reads it: with the operation that moved it last.
CREATE VIEW florin.payment_now AS
SELECT p.slot, p.merchant_id, p.id, p.version, p.checkout_id, p.buyer_id, p.buyer_email,
       p.method_type, p.method_token, p.return_url, p.capture_later, p.livemode, p.currency, p.amount,
       p.authorized, p.capture_reserved, p.captured, p.voided, p.refund_reserved, p.refunded,
       p.disputed, p.doing, p.waiting_for, p.created_at, p.updated_at, p.status,
       o.id AS operation_id, o.kind, o.state, o.generation, o.provider, o.provider_key,
       o.provider_reference, o.amount AS operation_amount, o.sent_at, o.due_at, o.tries, o.review,
       o.next_action, o.decline_code, o.decline_detail, o.why, o.proved_by, o.proof_reference,
       o.proof_hash, o.ended_version
FROM florin.payment p
JOIN florin.operation o ON o.slot = p.slot AND o.payment_id = p.id AND o.id = p.operation_id;

-- Payments that begin, sorted by (slot, merchant, key). Rows come back only for those that did not:
-- outcome 1 = the same request was here before, 2 = another request under this key.
CREATE FUNCTION florin.create_payments(
    p_slot smallint[], p_merchant uuid[], p_key text[], p_hash bytea[], p_id uuid[],
    p_checkout text[], p_buyer text[], p_email text[], p_method text[], p_token text[],
    p_return text[], p_later boolean[], p_livemode boolean[], p_currency text[], p_amount bigint[], p_at timestamptz[],
    o_id uuid[], o_kind smallint[], o_state smallint[], o_provider text[], o_provider_key text[],
    o_due timestamptz[],
    e_id uuid[], e_type text[],
    r_slot smallint[], r_payment uuid[], r_n smallint[], r_id uuid[], r_reference text[],
    r_seller text[], r_amount bigint[]
) RETURNS TABLE (ord integer, outcome smallint, payment_id uuid, operation_id uuid)
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
    SELECT u.slot, u.merchant, 1, u.key, u.hash, u.id, u.operation, u.at
    FROM unnest(p_slot, p_merchant, p_key, p_hash, p_id, o_id, p_at)
         AS u (slot, merchant, key, hash, id, operation, at)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n < cardinality(p_id) THEN
        -- Some were here before. The losers are told whose key it is; the rest go on.
        SELECT coalesce(array_agg(u.id), '{}') INTO won
        FROM unnest(p_slot, p_merchant, p_key, p_id) AS u (slot, merchant, key, id)
        JOIN florin.idempotency i ON i.slot = u.slot AND i.merchant_id = u.merchant
                                 AND i.scope = 1 AND i.key = u.key AND i.payment_id = u.id;
        RETURN QUERY
        SELECT u.ord::integer, (CASE WHEN i.request_hash = u.hash THEN 1 ELSE 2 END)::smallint,
               i.payment_id, i.operation_id
        FROM unnest(p_slot, p_merchant, p_key, p_hash, p_id) WITH ORDINALITY
             AS u (slot, merchant, key, hash, id, ord)
        JOIN florin.idempotency i ON i.slot = u.slot AND i.merchant_id = u.merchant
                                 AND i.scope = 1 AND i.key = u.key AND i.payment_id <> u.id;
    END IF;
    INSERT INTO florin.payment
        (slot, merchant_id, id, version, checkout_id, buyer_id, buyer_email, method_type,
         method_token, return_url, capture_later, livemode, currency, amount, doing, operation_id, created_at,
         updated_at)
    SELECT u.slot, u.merchant, u.id, 1, u.checkout, u.buyer, u.email, u.method, u.token, u.return,
           u.later, u.livemode, u.currency, u.amount, u.kind, u.operation, u.at, u.at
    FROM unnest(p_slot, p_merchant, p_id, p_checkout, p_buyer, p_email, p_method, p_token, p_return,
                p_later, p_livemode, p_currency, p_amount, o_kind, o_id, p_at)
         AS u (slot, merchant, id, checkout, buyer, email, method, token, return, later, livemode,
               currency, amount, kind, operation, at)
    WHERE won IS NULL OR u.id = ANY (won);
    INSERT INTO florin.payment_order (slot, payment_id, n, id, reference, seller_account, amount)
    SELECT u.slot, u.payment, u.n, u.id, u.reference, u.seller, u.amount
    FROM unnest(r_slot, r_payment, r_n, r_id, r_reference, r_seller, r_amount)
         AS u (slot, payment, n, id, reference, seller, amount)
    WHERE won IS NULL OR u.payment = ANY (won);
    INSERT INTO florin.operation
        (slot, payment_id, id, merchant_id, kind, state, generation, provider, provider_key, amount,
         sent_at, due_at)
    SELECT u.slot, u.payment, u.id, u.merchant, u.kind, u.state, 0, u.provider, u.provider_key,
           u.amount, u.at, u.due
    FROM unnest(p_slot, p_id, o_id, p_merchant, o_kind, o_state, o_provider, o_provider_key,
                p_amount, p_at, o_due)
         AS u (slot, payment, id, merchant, kind, state, provider, provider_key, amount, at, due)
    WHERE won IS NULL OR u.payment = ANY (won);
    INSERT INTO florin.event (slot, payment_id, version, id, operation_id, type, data, at)
    SELECT u.slot, u.payment, 1, u.id, u.operation, u.type, '', u.at
    FROM unnest(p_slot, p_id, e_id, o_id, e_type, p_at)
         AS u (slot, payment, id, operation, type, at)
    WHERE won IS NULL OR u.payment = ANY (won);
END $$;

-- Payments that go from one version to the next, with the operation that moves them, sorted by
-- (slot, payment). All or nothing: one payment that is not at the version before makes the whole
-- call fail, and the caller splits its batch. i_scope 0 = no client key.
-- SQLSTATE FL001: somebody else was first; read again and decide again. So does 23505.
CREATE FUNCTION florin.advance_payments(
    p_slot smallint[], p_merchant uuid[], p_id uuid[], p_version integer[], p_authorized bigint[],
    p_capture_reserved bigint[], p_captured bigint[], p_voided bigint[], p_doing smallint[],
    p_waiting text[], p_at timestamptz[],
    o_new boolean[], o_id uuid[], o_kind smallint[], o_state smallint[], o_generation smallint[],
    o_provider text[], o_provider_key text[], o_reference text[], o_amount bigint[],
    o_sent timestamptz[], o_due timestamptz[], o_tries smallint[], o_review boolean[],
    o_action text[], o_decline text[], o_detail text[], o_why text[], o_proved_by text[], o_proof_reference text[],
    o_proof_hash text[], o_ended integer[],
    e_id uuid[], e_type text[], e_data text[],
    i_scope smallint[], i_key text[], i_hash bytea[]
) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_seqscan = off AS $$
DECLARE
    n integer;
BEGIN
    -- Most steps use no key and begin no operation: what is not there is not unnested.
    IF 0 <> ANY (i_scope) THEN
        INSERT INTO florin.idempotency
            (slot, merchant_id, scope, key, request_hash, payment_id, operation_id, created_at)
        SELECT u.slot, u.merchant, u.scope, u.key, u.hash, u.id, u.operation, u.at
        FROM unnest(p_slot, p_merchant, i_scope, i_key, i_hash, p_id, o_id, p_at)
             AS u (slot, merchant, scope, key, hash, id, operation, at)
        WHERE u.scope <> 0;
    END IF;
    INSERT INTO florin.event (slot, payment_id, version, id, operation_id, type, data, at)
    SELECT u.slot, u.payment, u.version, u.id, u.operation, u.type, u.data, u.at
    FROM unnest(p_slot, p_id, p_version, e_id, o_id, e_type, e_data, p_at)
         AS u (slot, payment, version, id, operation, type, data, at);
    UPDATE florin.payment p
    SET version = u.version, authorized = u.authorized, capture_reserved = u.capture_reserved,
        captured = u.captured, voided = u.voided, doing = u.doing, waiting_for = u.waiting,
        operation_id = u.operation, updated_at = u.at
    FROM unnest(p_slot, p_merchant, p_id, p_version, p_authorized, p_capture_reserved, p_captured,
                p_voided, p_doing, p_waiting, o_id, p_at)
         AS u (slot, merchant, id, version, authorized, capture_reserved, captured, voided, doing,
               waiting, operation, at)
    WHERE p.slot = u.slot AND p.merchant_id = u.merchant AND p.id = u.id
      AND p.version = u.version - 1;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n < cardinality(p_id) THEN
        RAISE EXCEPTION 'a payment is not at the expected version' USING ERRCODE = 'FL001';
    END IF;
    IF true = ANY (o_new) THEN
        INSERT INTO florin.operation
            (slot, payment_id, id, merchant_id, kind, state, generation, provider, provider_key,
             provider_reference, amount, sent_at, due_at)
        SELECT u.slot, u.payment, u.id, u.merchant, u.kind, u.state, u.generation, u.provider,
               u.provider_key, u.reference, u.amount, u.sent, u.due
        FROM unnest(o_new, p_slot, p_id, o_id, p_merchant, o_kind, o_state, o_generation, o_provider,
                    o_provider_key, o_reference, o_amount, o_sent, o_due)
             AS u (is_new, slot, payment, id, merchant, kind, state, generation, provider, provider_key,
                   reference, amount, sent, due)
        WHERE u.is_new;
    END IF;
    IF false = ANY (o_new) THEN
        UPDATE florin.operation o
        SET state = u.state, provider_reference = u.reference, sent_at = u.sent, due_at = u.due,
            tries = u.tries,
            review = u.review, next_action = u.action, decline_code = u.decline,
            decline_detail = u.detail, why = u.why, proved_by = u.proved_by,
            proof_reference = u.proof_reference, proof_hash = u.proof_hash, ended_version = u.ended
        FROM unnest(o_new, p_slot, p_id, o_id, o_state, o_reference, o_sent, o_due, o_tries, o_review, o_action,
                    o_decline, o_detail, o_why, o_proved_by, o_proof_reference, o_proof_hash, o_ended)
             AS u (is_new, slot, payment, id, state, reference, sent, due, tries, review, action, decline,
                   detail, why, proved_by, proof_reference, proof_hash, ended)
        WHERE NOT u.is_new AND o.slot = u.slot AND o.payment_id = u.payment AND o.id = u.id;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n < cardinality(array_positions(o_new, false)) THEN
            RAISE EXCEPTION 'an operation is missing' USING ERRCODE = 'FL001';
        END IF;
    END IF;
END $$;
