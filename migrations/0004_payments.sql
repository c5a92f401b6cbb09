-- owner: payments. Payments, their orders, the operations at providers, and the events.

-- Counters in minor units. status follows from them (payments/types.h, status_of) and stands here for
-- searches. doing: the kind of the operation that is under way, 0 = none. fillfactor: a payment is written two or
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
    status           text        NOT NULL,
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

-- One call to the outside world. state: domain/operation.h. shares: the amount by order, empty = each
-- order whole. due_at: the end of the lease while it
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
    reason             text        NOT NULL DEFAULT '',
    shares             bigint[]    NOT NULL DEFAULT '{}',
    is_final           boolean     NOT NULL DEFAULT true,
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

-- A payment with one of its operations. payment_reference: the provider's id of the payment, as the
-- main operation (the latest that is not a refund) knows it.
CREATE VIEW florin.payment_operation AS
SELECT p.slot, p.merchant_id, p.id, p.version, p.checkout_id, p.buyer_id, p.buyer_email,
       p.method_type, p.method_token, p.return_url, p.capture_later, p.livemode, p.currency, p.amount,
       p.authorized, p.capture_reserved, p.captured, p.voided, p.refund_reserved, p.refunded,
       p.disputed, p.doing, p.waiting_for, p.created_at, p.updated_at, p.status,
       m.id AS main_id, m.provider_reference AS payment_reference,
       o.id AS operation_id, o.kind, o.state, o.generation, o.provider, o.provider_key,
       o.provider_reference, o.amount AS operation_amount, o.sent_at, o.due_at, o.tries, o.review,
       o.next_action, o.decline_code, o.decline_detail, o.reason, o.shares, o.is_final, o.why,
       o.proved_by, o.proof_reference, o.proof_hash, o.ended_version
FROM florin.payment p
JOIN florin.operation m ON m.slot = p.slot AND m.payment_id = p.id AND m.id = p.operation_id
JOIN florin.operation o ON o.slot = p.slot AND o.payment_id = p.id;

-- A payment that begins, with its key, its first operation and its event.
CREATE TYPE florin.new_payment AS (
    slot          smallint,
    merchant_id   uuid,
    id            uuid,
    key           text,
    request_hash  bytea,
    checkout_id   text,
    buyer_id      text,
    buyer_email   text,
    method_type   text,
    method_token  text,
    return_url    text,
    capture_later boolean,
    livemode      boolean,
    currency      text,
    amount        bigint,
    status        text,
    created_at    timestamptz,
    operation_id  uuid,
    kind          smallint,
    state         smallint,
    provider      text,
    provider_key  text,
    due_at        timestamptz,
    event_id      uuid,
    event_type    text
);

CREATE TYPE florin.new_payment_order AS (
    slot           smallint,
    payment_id     uuid,
    n              smallint,
    id             uuid,
    reference      text,
    seller_account text,
    amount         bigint
);

-- Payments that begin, sorted by (slot, merchant, key). Rows come back only for those that did not:
-- outcome 1 = the same request was here before, 2 = another request under this key.
CREATE FUNCTION florin.create_payments(p florin.new_payment[], r florin.new_payment_order[])
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
    INSERT INTO florin.payment_order (slot, payment_id, n, id, reference, seller_account, amount)
    SELECT u.slot, u.payment_id, u.n, u.id, u.reference, u.seller_account, u.amount
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

-- A payment as it is after one step, with the operation that moved it, the event, and the client's
-- key if one was used (scope <> 0).
CREATE TYPE florin.payment_step AS (
    slot               smallint,
    merchant_id        uuid,
    id                 uuid,
    version            integer,
    authorized         bigint,
    capture_reserved   bigint,
    captured           bigint,
    voided             bigint,
    refund_reserved    bigint,
    refunded           bigint,
    status             text,
    doing              smallint,
    waiting_for        text,
    updated_at         timestamptz,
    main_id            uuid,
    operation_is_new   boolean,
    operation_id       uuid,
    kind               smallint,
    state              smallint,
    generation         smallint,
    provider           text,
    provider_key       text,
    provider_reference text,
    amount             bigint,
    sent_at            timestamptz,
    due_at             timestamptz,
    tries              smallint,
    review             boolean,
    next_action        text,
    decline_code       text,
    decline_detail     text,
    reason             text,
    shares             bigint[],
    is_final           boolean,
    why                text,
    proved_by          text,
    proof_reference    text,
    proof_hash         text,
    ended_version      integer,
    event_id           uuid,
    event_type         text,
    data               text,
    scope              smallint,
    key                text,
    request_hash       bytea
);

-- Payments that go from one version to the next, sorted by (slot, payment). All or nothing: one
-- payment that is not at the version before makes the whole call fail, and the caller splits its
-- batch. SQLSTATE FL001: somebody else was first; read again and decide again. So does 23505.
CREATE FUNCTION florin.advance_payments(s florin.payment_step[]) RETURNS void LANGUAGE plpgsql
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
        operation_id = u.main_id, updated_at = u.updated_at
    FROM unnest(s) u
    WHERE p.slot = u.slot AND p.merchant_id = u.merchant_id AND p.id = u.id
      AND p.version = u.version - 1;
    GET DIAGNOSTICS updated = ROW_COUNT;
    IF updated < cardinality(s) THEN
        RAISE EXCEPTION 'a payment is not at the expected version' USING ERRCODE = 'FL001';
    END IF;
    INSERT INTO florin.operation
        (slot, payment_id, id, merchant_id, kind, state, generation, provider, provider_key,
         provider_reference, amount, sent_at, due_at, reason, shares, is_final)
    SELECT u.slot, u.id, u.operation_id, u.merchant_id, u.kind, u.state, u.generation, u.provider,
           u.provider_key, u.provider_reference, u.amount, u.sent_at, u.due_at, u.reason, u.shares,
           u.is_final
    FROM unnest(s) u WHERE u.operation_is_new;
    GET DIAGNOSTICS begun = ROW_COUNT;
    UPDATE florin.operation o
    SET state = u.state, provider_reference = u.provider_reference, sent_at = u.sent_at,
        due_at = u.due_at, tries = u.tries, review = u.review, next_action = u.next_action,
        decline_code = u.decline_code, decline_detail = u.decline_detail,
        shares = u.shares, why = u.why, proved_by = u.proved_by, proof_reference = u.proof_reference, proof_hash = u.proof_hash,
        ended_version = u.ended_version
    FROM unnest(s) u
    WHERE NOT u.operation_is_new AND o.slot = u.slot AND o.payment_id = u.id
      AND o.id = u.operation_id;
    GET DIAGNOSTICS updated = ROW_COUNT;
    IF begun + updated < cardinality(s) THEN
        RAISE EXCEPTION 'an operation is missing' USING ERRCODE = 'FL001';
    END IF;
END $$;
