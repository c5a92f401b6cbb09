-- owner: wallets. What buyers have with us: stored value and points. Their money is in the ledger; here stand who asked
-- for a movement and what became of it, what of a charge is left, and which points expire when.

-- What was asked of a wallet, once per key: id is a function of the key, and that of its ledger transaction. refusal:
-- a word when the answer was no; then nothing is booked, and the same key hears the same no. asset: what moves, PTS for
-- points. kind: 1 hold, 2 sale, 3 capture, 4 release, 5 refund, 6 adjust, 7 credit, 8 earn, 9 expire. charge_id and
-- payment_id: nil where there is none.
CREATE TABLE florin.wallet_movement (
    slot         smallint    NOT NULL,
    id           uuid        NOT NULL,
    merchant_id  uuid        NOT NULL,
    owner        text        COLLATE "C" NOT NULL,
    kind         smallint    NOT NULL CHECK (kind BETWEEN 1 AND 9),
    charge_id    uuid        NOT NULL,
    payment_id   uuid        NOT NULL,
    asset        text        NOT NULL,
    amount       bigint      NOT NULL CHECK (amount >= 0),
    refusal      text        NOT NULL,
    request_hash bytea       NOT NULL,
    recorded_at  timestamptz NOT NULL,
    PRIMARY KEY (slot, id)
);

-- What a payment holds or has spent of a wallet; id is that of the movement that began it. Amounts in units of asset:
-- one is worth value minor units of currency. points_until: when the last of the spent points would have expired.
CREATE TABLE florin.wallet_charge (
    slot         smallint    NOT NULL,
    id           uuid        NOT NULL,
    merchant_id  uuid        NOT NULL,
    owner        text        COLLATE "C" NOT NULL,
    payment_id   uuid        NOT NULL,
    asset        text        NOT NULL,
    currency     text        NOT NULL,
    value        bigint      NOT NULL CHECK (value > 0),
    amount       bigint      NOT NULL CHECK (amount > 0),
    captured     bigint      NOT NULL CHECK (captured >= 0),
    released     bigint      NOT NULL CHECK (released >= 0),
    refunded     bigint      NOT NULL CHECK (refunded >= 0),
    points_until timestamptz NOT NULL,
    PRIMARY KEY (slot, id),
    CHECK (captured + released <= amount),
    CHECK (refunded <= captured)
) WITH (fillfactor = 70);

-- Points that came together and expire together. remaining: not yet spent or expired; what is held remains. due_at:
-- when to look whether they expire; 'infinity' = never.
CREATE TABLE florin.points_lot (
    slot        smallint    NOT NULL,
    id          uuid        NOT NULL,
    merchant_id uuid        NOT NULL,
    owner       text        COLLATE "C" NOT NULL,
    points      bigint      NOT NULL CHECK (points > 0),
    remaining   bigint      NOT NULL CHECK (remaining BETWEEN 0 AND points),
    earned_at   timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    PRIMARY KEY (slot, id)
);
CREATE INDEX points_lot_owner ON florin.points_lot (slot, merchant_id, owner, expires_at, id) WHERE remaining > 0;
CREATE INDEX points_lot_due ON florin.points_lot (due_at) WHERE due_at < 'infinity';

-- What a point is worth, in minor units of a currency; one row, as soon as points are used. It does not change: what
-- buyers hold is on the books at this value.
CREATE TABLE florin.points_terms (  -- citus-ok: one row, a reference table
    id       smallint PRIMARY KEY CHECK (id = 1),
    currency text     NOT NULL,
    value    bigint   NOT NULL CHECK (value > 0)
);

-- A movement to be carried out. The changes add to those of its charge; has_charge_begun: it is new, and takes over what
-- another one, replaces, has held so far: replaced. take: points that lots lose, those first that expire first, none that expires after take_until. give: points of a new lot.
CREATE TYPE florin.wallet_step AS (
    slot             smallint,
    id               uuid,
    merchant_id      uuid,
    owner            text,
    kind             smallint,
    charge_id        uuid,
    payment_id       uuid,
    asset            text,
    amount           bigint,
    request_hash     bytea,
    recorded_at      timestamptz,
    has_charge_begun boolean,
    currency         text,
    value            bigint,
    held             bigint,
    captured         bigint,
    released         bigint,
    refunded         bigint,
    replaces         uuid,
    replaced         bigint,
    take             bigint,
    take_until       timestamptz,
    give             bigint,
    give_until       timestamptz
);

-- Takes points from lots, and gives when the last of them would have expired.
-- SQLSTATE FL005: lots do not have so many.
CREATE FUNCTION florin.take_points(p_slot smallint, p_merchant uuid, p_owner text, p_points bigint, p_until timestamptz)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    v_lot record;
    v_left bigint := p_points;
    v_part bigint;
    v_last timestamptz;
BEGIN
    -- Whoever waited for others at a lot does not see what they added meanwhile: look again, as they are gone.
    FOR v_pass IN 1..5 LOOP
        FOR v_lot IN
            SELECT l.id, l.remaining, l.expires_at FROM florin.points_lot l
            WHERE l.slot = p_slot AND l.merchant_id = p_merchant AND l.owner = p_owner AND l.remaining > 0
              AND l.expires_at <= p_until
            ORDER BY l.expires_at, l.id
            FOR UPDATE
        LOOP
            EXIT WHEN v_left = 0;
            v_part := least(v_left, v_lot.remaining);
            UPDATE florin.points_lot
            SET remaining = remaining - v_part, due_at = CASE WHEN remaining = v_part THEN 'infinity' ELSE due_at END
            WHERE slot = p_slot AND id = v_lot.id;
            v_left := v_left - v_part;
            v_last := greatest(v_last, v_lot.expires_at);
        END LOOP;
        EXIT WHEN v_left = 0;
    END LOOP;
    IF v_left > 0 THEN
        RAISE EXCEPTION 'there are not so many points' USING ERRCODE = 'FL005';
    END IF;
    RETURN v_last;
END $$;

-- Writes movements with what they change besides the ledger, all or none; their postings come in the same transaction.
-- SQLSTATE 23505: one of the keys was used. 23514: a charge does not have so much left. FL005: see above.
CREATE FUNCTION florin.move_wallets(s florin.wallet_step[]) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_step record;
    v_last timestamptz;
BEGIN
    INSERT INTO florin.wallet_movement (slot, id, merchant_id, owner, kind, charge_id, payment_id, asset, amount,
                                        refusal, request_hash, recorded_at)
    SELECT u.slot, u.id, u.merchant_id, u.owner, u.kind, u.charge_id, u.payment_id, u.asset, u.amount, '',
           u.request_hash, u.recorded_at
    FROM unnest(s) u;
    INSERT INTO florin.wallet_charge (slot, id, merchant_id, owner, payment_id, asset, currency, value, amount,
                                      captured, released, refunded, points_until)
    SELECT u.slot, u.charge_id, u.merchant_id, u.owner, u.payment_id, u.asset, u.currency, u.value, u.held, u.captured,
           u.released, u.refunded, 'epoch'
    FROM unnest(s) u WHERE u.has_charge_begun;
    UPDATE florin.wallet_charge c
    SET amount = c.amount + d.held, captured = c.captured + d.captured, released = c.released + d.released,
        refunded = c.refunded + d.refunded
    FROM (
        SELECT u.slot, u.charge_id, sum(u.held)::bigint AS held, sum(u.captured)::bigint AS captured,
               sum(u.released)::bigint AS released, sum(u.refunded)::bigint AS refunded
        FROM unnest(s) u
        WHERE NOT u.has_charge_begun AND u.charge_id <> '00000000-0000-0000-0000-000000000000'
        GROUP BY u.slot, u.charge_id
        ORDER BY u.slot, u.charge_id
    ) d
    WHERE c.slot = d.slot AND c.id = d.charge_id;
    UPDATE florin.wallet_charge c
    SET released = c.released + u.replaced
    FROM unnest(s) u
    WHERE u.replaced > 0 AND c.slot = u.slot AND c.id = u.replaces;
    INSERT INTO florin.points_lot (slot, id, merchant_id, owner, points, remaining, earned_at, expires_at, due_at)
    SELECT u.slot, u.id, u.merchant_id, u.owner, u.give, u.give, u.recorded_at, u.give_until, u.give_until
    FROM unnest(s) u WHERE u.give > 0;
    FOR v_step IN
        SELECT u.slot, u.merchant_id, u.owner, u.charge_id, u.take, u.take_until FROM unnest(s) u WHERE u.take > 0
        ORDER BY u.slot, u.id
    LOOP
        v_last := florin.take_points(v_step.slot, v_step.merchant_id, v_step.owner, v_step.take, v_step.take_until);
        UPDATE florin.wallet_charge c
        SET points_until = greatest(c.points_until, v_last)
        WHERE c.slot = v_step.slot AND c.id = v_step.charge_id;
    END LOOP;
END $$;
