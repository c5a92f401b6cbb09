-- owner: payouts. What sellers are owed is paid to them. A payout is a list of entries of a seller's payable account,
-- never a balance; everything of it stands in the seller's slot.

-- How a seller is paid in a currency. seller: the reference, which names the accounts. name, account, bic: where to; what
-- they mean depends on the rail. suspended: why nothing is sent there; empty = nothing is wrong with it. set_by: the key
-- that said where. reserve_rate in millionths. due_at: the next run; 'infinity' = only on demand.
CREATE TABLE florin.payout_settings (
    slot         smallint    NOT NULL,
    seller_id    uuid        NOT NULL,
    currency     text        NOT NULL,
    merchant_id  uuid        NOT NULL,
    seller       text        COLLATE "C" NOT NULL,
    rail         text        NOT NULL,
    name         text        NOT NULL,
    account      text        NOT NULL,
    bic          text        NOT NULL,
    suspended    text        NOT NULL,
    schedule     text        NOT NULL,
    weekday      smallint    NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    hour         smallint    NOT NULL CHECK (hour BETWEEN 0 AND 23),
    minimum      bigint      NOT NULL CHECK (minimum >= 0),
    reserve_rate bigint      NOT NULL CHECK (reserve_rate BETWEEN 0 AND 1000000),
    reserve_days smallint    NOT NULL CHECK (reserve_days BETWEEN 0 AND 365),
    set_by       uuid        NOT NULL,
    due_at       timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (slot, seller_id, currency)
);
CREATE INDEX payout_settings_due ON florin.payout_settings (due_at) WHERE due_at < 'infinity';

-- The entries from_seq < account_seq <= to_seq of an account, without those that booked payouts themselves. The unique key
-- makes one payout of a range once, however many ask. Where it goes is copied from the settings and never changes;
-- source: our account that it is paid from. asked_by, destination_by, decided_by: keys; nil = nobody. client_key: of the
-- request that asked for it; empty = a schedule did. batch_id: the file that it is in; nil = none. due_at: when somebody
-- has to look at it; 'infinity' = nobody.
CREATE TABLE florin.payout (
    slot           smallint    NOT NULL,
    id             uuid        NOT NULL,
    merchant_id    uuid        NOT NULL,
    seller_id      uuid        NOT NULL,
    seller         text        COLLATE "C" NOT NULL,
    currency       text        NOT NULL,
    account_id     uuid        NOT NULL,
    from_seq       bigint      NOT NULL,
    to_seq         bigint      NOT NULL,
    gross          bigint      NOT NULL CHECK (gross > 0),
    netted         bigint      NOT NULL,
    reserved       bigint      NOT NULL,
    amount         bigint      NOT NULL,
    fee            bigint      NOT NULL,
    rail           text        NOT NULL,
    source         text        NOT NULL,
    name           text        NOT NULL,
    account        text        NOT NULL,
    bic            text        NOT NULL,
    status         text        NOT NULL,
    version        integer     NOT NULL,
    recall_requested boolean   NOT NULL,
    asked_by       uuid        NOT NULL,
    destination_by uuid        NOT NULL,
    decided_by     uuid        NOT NULL,
    client_key     text        COLLATE "C" NOT NULL,
    request_hash   bytea       NOT NULL,
    reference      text        NOT NULL,
    reason         text        NOT NULL,
    batch_id       uuid        NOT NULL,
    tries          smallint    NOT NULL,
    sent_at        timestamptz NOT NULL,
    due_at         timestamptz NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    PRIMARY KEY (slot, id),
    UNIQUE (slot, account_id, from_seq),
    CHECK (from_seq >= 0 AND from_seq < to_seq),
    CHECK (least(netted, reserved, amount, fee) >= 0 AND gross = netted + reserved + amount)
);
CREATE UNIQUE INDEX payout_key ON florin.payout (slot, merchant_id, client_key) WHERE client_key <> '';
CREATE INDEX payout_newest ON florin.payout (merchant_id, id);
CREATE INDEX payout_seller ON florin.payout (slot, seller_id, id);
CREATE INDEX payout_due ON florin.payout (due_at) WHERE due_at < 'infinity';
CREATE INDEX payout_batched ON florin.payout (batch_id)
    WHERE batch_id <> '00000000-0000-0000-0000-000000000000';

-- One row for each step; two that write the same version meet here.
CREATE TABLE florin.payout_event (
    slot      smallint    NOT NULL,
    payout_id uuid        NOT NULL,
    version   integer     NOT NULL,
    event     text        NOT NULL,
    status    text        NOT NULL,
    by_key    uuid        NOT NULL,
    detail    text        NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (slot, payout_id, version)
);

-- What of a payout was held back, until due_at; 'infinity' = it was given back.
CREATE TABLE florin.payout_reserve (
    slot        smallint    NOT NULL,
    payout_id   uuid        NOT NULL,
    amount      bigint      NOT NULL CHECK (amount > 0),
    due_at      timestamptz NOT NULL,
    released_at timestamptz NOT NULL,
    PRIMARY KEY (slot, payout_id),
    CHECK ((due_at = 'infinity') = (released_at < 'infinity'))
);
CREATE INDEX payout_reserve_due ON florin.payout_reserve (due_at) WHERE due_at < 'infinity';

-- Payouts that travel in one file. Whose they are and how much never changes; name and bic: of our account, source.
CREATE TABLE florin.payout_batch (
    slot        smallint    NOT NULL,
    id          uuid        NOT NULL,
    merchant_id uuid        NOT NULL,
    currency    text        NOT NULL,
    source      text        NOT NULL,
    name        text        NOT NULL,
    bic         text        NOT NULL,
    payouts     integer     NOT NULL CHECK (payouts > 0),
    amount      bigint      NOT NULL CHECK (amount > 0),
    created_at  timestamptz NOT NULL,
    exported_at timestamptz NOT NULL,
    PRIMARY KEY (slot, id)
);
CREATE INDEX payout_batch_newest ON florin.payout_batch (merchant_id, id);

-- A step of payouts: rows as they are afterwards, with their events; version 1 is a new one.
-- SQLSTATE FL004: one is not at the version before. 23505: the version, the range or the client's key is taken.
CREATE FUNCTION florin.write_payouts(p florin.payout[], e florin.payout_event[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    done bigint;
BEGIN
    INSERT INTO florin.payout_event SELECT u.* FROM unnest(e) u;
    INSERT INTO florin.payout SELECT u.* FROM unnest(p) u WHERE u.version = 1;
    UPDATE florin.payout x
    SET fee = u.fee, status = u.status, version = u.version, recall_requested = u.recall_requested,
        decided_by = u.decided_by, reference = u.reference, reason = u.reason, tries = u.tries,
        sent_at = u.sent_at, due_at = u.due_at, updated_at = u.updated_at
    FROM unnest(p) u
    WHERE x.slot = u.slot AND x.id = u.id AND x.version = u.version - 1 AND u.version > 1;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> (SELECT count(*) FROM unnest(p) u WHERE u.version > 1) THEN
        RAISE EXCEPTION 'a payout is not at the expected version' USING ERRCODE = 'FL004';
    END IF;
END $$;

-- The next run of settings whose run has just been made. SQLSTATE FL004: somebody else has made it, or they were changed.
CREATE FUNCTION florin.move_payout_run(p_slot smallint, p_seller uuid, p_currency text, p_claim timestamptz,
                                       p_due timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE florin.payout_settings s SET due_at = p_due
    WHERE s.slot = p_slot AND s.seller_id = p_seller AND s.currency = p_currency AND s.due_at = p_claim;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the run of these settings is taken' USING ERRCODE = 'FL004';
    END IF;
END $$;

-- Puts approved payouts of a merchant, currency and account of ours that are in no file yet into this one, oldest first,
-- and gives how many they were; with none there is no file. The batch comes with payouts and amount 0.
CREATE FUNCTION florin.make_payout_batch(b florin.payout_batch[], p_limit bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_batch florin.payout_batch;
    v_ids   uuid[];
    v_slots smallint[];
    v_n     bigint;
    v_sum   bigint;
BEGIN
    SELECT u.* INTO v_batch FROM unnest(b) u;
    SELECT array_agg(x.id), array_agg(x.slot) INTO v_ids, v_slots
    FROM (
        SELECT y.slot, y.id FROM florin.payout y
        WHERE y.due_at < 'infinity' AND y.due_at <= v_batch.created_at AND y.rail = 'bank_file'
          AND y.status = 'approved' AND y.merchant_id = v_batch.merchant_id
          AND y.currency = v_batch.currency AND y.source = v_batch.source
          AND y.batch_id = '00000000-0000-0000-0000-000000000000'
          AND NOT EXISTS (SELECT FROM florin.seller s WHERE s.slot = y.slot AND s.id = y.seller_id AND s.state = 2)
        ORDER BY y.due_at, y.id
        LIMIT p_limit
    ) x;
    UPDATE florin.payout p SET batch_id = v_batch.id, due_at = 'infinity'
    FROM unnest(v_slots, v_ids) AS u (slot, id)
    WHERE p.slot = u.slot AND p.id = u.id AND p.status = 'approved'
      AND p.batch_id = '00000000-0000-0000-0000-000000000000';
    GET DIAGNOSTICS v_n = ROW_COUNT;
    IF v_n = 0 THEN
        RETURN 0;
    END IF;
    SELECT sum(p.amount) INTO v_sum FROM florin.payout p WHERE p.batch_id = v_batch.id;
    INSERT INTO florin.payout_batch
    VALUES (v_batch.slot, v_batch.id, v_batch.merchant_id, v_batch.currency, v_batch.source, v_batch.name,
            v_batch.bic, v_n, v_sum, v_batch.created_at, v_batch.exported_at);
    RETURN v_n;
END $$;

-- The file leaves: what is still approved of it is on its way from here on, once, and what was canceled before never is.
CREATE FUNCTION florin.export_payout_batch(p_slot smallint, p_id uuid, p_merchant uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE florin.payout_batch b SET exported_at = p_at
    WHERE b.slot = p_slot AND b.id = p_id AND b.merchant_id = p_merchant AND b.exported_at = 'infinity';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE florin.payout p
    SET status = 'in_transit', version = p.version + 1, sent_at = p_at, updated_at = p_at
    WHERE p.batch_id = p_id AND p.status = 'approved';
    INSERT INTO florin.payout_event (slot, payout_id, version, event, status, by_key, detail, at)
    SELECT p.slot, p.id, p.version, 'exported', p.status, '00000000-0000-0000-0000-000000000000', '', p_at
    FROM florin.payout p
    WHERE p.batch_id = p_id AND p.status = 'in_transit' AND p.sent_at = p_at;
END $$;
