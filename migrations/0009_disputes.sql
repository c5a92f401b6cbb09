-- owner: payments. What comes to us from banks and providers after a payment has ended: disputes, refunds
-- that come back, authorizations that end there; and the queue of provider events that brings it.

-- state: 0 waits for somebody to look (due_at, tries), 1 done, 2 dead: only a person can help, 3
-- discarded by a person. about: what it tells of. object: the provider's id of it. why: what kept it from being done, or who discarded it.
ALTER TABLE florin.provider_event
    ADD COLUMN state     smallint    NOT NULL DEFAULT 1,
    ADD COLUMN due_at    timestamptz NOT NULL DEFAULT 'infinity',
    ADD COLUMN tries     smallint    NOT NULL DEFAULT 0,
    ADD COLUMN about     text        NOT NULL DEFAULT '',
    ADD COLUMN object    text        NOT NULL DEFAULT '',
    ADD COLUMN why       text        NOT NULL DEFAULT '';
CREATE INDEX provider_event_due ON florin.provider_event (due_at) WHERE due_at < 'infinity';
CREATE INDEX provider_event_dead ON florin.provider_event (received_at) WHERE state = 2;

-- Operations that may want a person: marked for review, or looked at for hours (nine looks, see next_look
-- in payments/rules.cpp) without an end.
CREATE INDEX operation_dead ON florin.operation (sent_at) WHERE review OR tries >= 9;

-- Money that a bank wants back or has taken back (domain/dispute.h). amount and fee in minor units of the
-- payment's currency, as withdrawn: what the bank has taken and not given back. shares: the amount by order.
-- evidence_due_at: 'infinity' = nothing can be sent. version: of the payment, when it was last changed.
-- movements: how often it was booked.
CREATE TABLE florin.dispute (
    slot            smallint    NOT NULL,
    payment_id      uuid        NOT NULL,
    id              uuid        NOT NULL,
    merchant_id     uuid        NOT NULL,
    provider        text        NOT NULL,
    reference       text        NOT NULL,
    status          text        NOT NULL,
    reason          text        NOT NULL,
    amount          bigint      NOT NULL CHECK (amount > 0),
    fee             bigint      NOT NULL CHECK (fee >= 0),
    withdrawn       bigint      NOT NULL CHECK (withdrawn >= 0),
    shares          bigint[]    NOT NULL,
    evidence_due_at timestamptz NOT NULL,
    opened_at       timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    version         integer     NOT NULL,
    movements       smallint    NOT NULL,
    PRIMARY KEY (slot, id),
    UNIQUE (slot, payment_id, reference)
);

-- Disputes as they are after a step of their payment.
CREATE FUNCTION florin.write_disputes(d florin.dispute[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO florin.dispute
    SELECT u.* FROM unnest(d) u
    ON CONFLICT (slot, id) DO UPDATE
    SET status = excluded.status, amount = excluded.amount, fee = excluded.fee,
        withdrawn = excluded.withdrawn, shares = excluded.shares,
        evidence_due_at = excluded.evidence_due_at, updated_at = excluded.updated_at,
        version = excluded.version, movements = excluded.movements;
END $$;

CREATE TYPE florin.new_provider_event AS (
    slot        smallint,
    provider    text,
    id          text,
    type        text,
    payment_id  uuid,
    body        bytea,
    received_at timestamptz,
    about       text,
    object      text
);

-- Keeps events, and makes what is open of their payments due now: the resolver reads the object and
-- believes that. Who sends at this moment is left alone, its answer is on the way. An event that tells of
-- more than that (about <> '') waits in the queue; one of a charge that stands does so only where the
-- payment has an authorization, sale or adjustment that has not succeeded. Where that has not ended, ten
-- seconds are left for its end. An event that was here before does nothing. Gives a row for each event that
-- is new, and one without an id for each operation that was woken.
CREATE FUNCTION florin.receive_provider_events(e florin.new_provider_event[])
RETURNS TABLE (slot smallint, payment_id uuid, provider text, id text)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    slots     smallint[];
    payments  uuid[];
    providers text[];
    ids       text[];
    times     timestamptz[];
    abouts    text[];
BEGIN
    WITH stored AS (
        INSERT INTO florin.provider_event AS n
            (slot, provider, id, type, payment_id, body, received_at, about, object, state, due_at)
        SELECT u.slot, u.provider, u.id, u.type, u.payment_id, u.body, u.received_at, u.about,
               u.object, CASE WHEN u.about IN ('', 'charge') THEN 1 ELSE 0 END,
               CASE WHEN u.about IN ('', 'charge') THEN 'infinity' ELSE u.received_at END
        FROM unnest(e) u
        ON CONFLICT DO NOTHING
        RETURNING n.slot, n.payment_id, n.provider, n.id, n.received_at, n.about
    )
    SELECT array_agg(s.slot), array_agg(s.payment_id), array_agg(s.provider), array_agg(s.id),
           array_agg(s.received_at), array_agg(s.about)
    INTO slots, payments, providers, ids, times, abouts
    FROM stored s;
    RETURN QUERY SELECT * FROM unnest(slots, payments, providers, ids);
    -- Go on with those whose payments have something that has not succeeded (2): commonly none.
    SELECT array_agg(w.slot), array_agg(w.payment_id), array_agg(w.provider), array_agg(w.id),
           array_agg(w.at), array_agg(w.about)
    INTO slots, payments, providers, ids, times, abouts
    FROM (SELECT DISTINCT u.slot, u.payment_id, u.provider, u.id, u.at, u.about
          FROM unnest(slots, payments, providers, ids, times, abouts)
               AS u (slot, payment_id, provider, id, at, about)
          JOIN florin.operation o ON o.slot = u.slot AND o.payment_id = u.payment_id
          WHERE o.state <> 2) w;
    IF slots IS NULL THEN
        RETURN;
    END IF;
    -- declined (3); authorize (1), sale (2), adjust (6)
    UPDATE florin.provider_event n
    SET state = 0, due_at = w.due_at
    FROM (SELECT u.slot, u.provider, u.id,
                 min(CASE o.state WHEN 3 THEN u.at ELSE u.at + interval '10 seconds' END) AS due_at
          FROM unnest(slots, payments, providers, ids, times, abouts)
               AS u (slot, payment_id, provider, id, at, about)
          JOIN florin.operation o ON o.slot = u.slot AND o.payment_id = u.payment_id
          WHERE u.about = 'charge' AND o.kind IN (1, 2, 6) AND o.state <> 2
          GROUP BY u.slot, u.provider, u.id) w
    WHERE n.slot = w.slot AND n.provider = w.provider AND n.id = w.id;
    -- pending, unknown, not_found_wait
    RETURN QUERY
    UPDATE florin.operation o
    SET due_at = u.at
    FROM unnest(slots, payments, times) AS u (slot, payment_id, at)
    WHERE o.slot = u.slot AND o.payment_id = u.payment_id AND o.state IN (4, 6, 7)
      AND o.due_at < 'infinity' AND o.due_at > u.at
    RETURNING o.slot, o.payment_id, ''::text, ''::text;
END $$;
DROP FUNCTION florin.receive_provider_event(smallint, text, text, text, uuid, bytea, timestamptz);
