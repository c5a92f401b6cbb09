-- owner: events. The outbox and its relay: whatever happened to payments and payouts, in one feed for each merchant, which
-- can be read from where the last reading ended. The events are the outbox: they are written with the change itself.

-- Who relays reads a slot's events by their xid.
CREATE INDEX event_xid ON florin.event (slot, xid);

-- Steps of payouts from before have the xid of this migration: they come after all events of payments until then, and
-- before everything that follows.
ALTER TABLE florin.payout_event ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX payout_event_xid ON florin.payout_event (slot, xid);

-- An event of a merchant, under its position: 1, 2, 3, ... without a gap. slot: the merchant's home, the last ten bits of
-- its id. object: 1 = payment, 2 = payout; object_slot, object_id and version are the key of the event's row. The versions of
-- one object stand in their order. The second key lets no event in twice, and finds those of a slot for the audit.
CREATE TABLE florin.feed (
    slot        smallint NOT NULL,
    merchant_id uuid     NOT NULL,
    position    bigint   NOT NULL CHECK (position > 0),
    object      smallint NOT NULL CHECK (object IN (1, 2)),
    object_slot smallint NOT NULL,
    object_id   uuid     NOT NULL,
    version     integer  NOT NULL,
    PRIMARY KEY (slot, merchant_id, position),
    UNIQUE (slot, object_slot, object_id, version)
);
REVOKE UPDATE, DELETE, TRUNCATE ON florin.feed FROM CURRENT_USER;

-- The last position of a merchant.
CREATE TABLE florin.feed_head (
    slot        smallint NOT NULL,
    merchant_id uuid     NOT NULL,
    position    bigint   NOT NULL CHECK (position > 0),
    PRIMARY KEY (slot, merchant_id)
) WITH (fillfactor = 50);

-- An event is as young as the youngest of its object's versions up to it: of two versions the later may have the lower xid,
-- when its transaction began first. That never changes once the event is committed. In the feed of a slot's events are all
-- that are younger than no transaction from hi_xid on, none other. It is never above the transaction horizon, below which
-- nothing can be committed any more.
CREATE TABLE florin.event_mark (
    slot   smallint PRIMARY KEY,
    hi_xid xid8     NOT NULL
) WITH (fillfactor = 50);
INSERT INTO florin.event_mark (slot, hi_xid) SELECT d.slot, '0' FROM florin.slot_dir d;

-- xids travel as bigint.
CREATE TYPE florin.event_range AS (
    slot   smallint,
    lo_xid bigint,
    hi_xid bigint
);

-- The key of an event, whosesoever it is.
CREATE TYPE florin.event_name AS (
    slot      smallint,
    object_id uuid,
    version   integer
);

-- Moves the marks of slots from lo_xid to hi_xid, which is not above the horizon, and puts the events in between into the
-- feeds. Ranges come by slot, so that two at once lock marks, and then heads, in one order. A slot whose mark is no longer
-- lo_xid is left alone: somebody else was first. Returns how many slots were moved, and how many events are new in feeds.
CREATE FUNCTION florin.relay_events(ranges florin.event_range[]) RETURNS TABLE (moved bigint, events bigint)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_seqscan = off AS $$
DECLARE
    r    florin.event_range;
    ours florin.event_range[] := '{}';
    news florin.feed[];
BEGIN
    FOREACH r IN ARRAY ranges LOOP
        UPDATE florin.event_mark m SET hi_xid = r.hi_xid::text::xid8
        WHERE m.slot = r.slot AND m.hi_xid = r.lo_xid::text::xid8;
        IF FOUND THEN
            ours := ours || r;
        END IF;
    END LOOP;
    -- All versions of what has a version in the range: as young as the range is one of them and what follows on it.
    -- position: among those of the merchant that come now.
    SELECT array_agg((((get_byte(uuid_send(w.merchant_id), 14) & 3) << 8) | get_byte(uuid_send(w.merchant_id), 15),
                      w.merchant_id, w.n, w.object, w.object_slot, w.object_id, w.version)::florin.feed)
    INTO news
    FROM (
        SELECT y.merchant_id, y.object, y.object_slot, y.object_id, y.version,
               row_number() OVER (PARTITION BY y.merchant_id ORDER BY y.young, y.object_id, y.version) AS n
        FROM (
            SELECT x.*, max(x.xid) OVER (PARTITION BY x.object_id ORDER BY x.version) AS young
            FROM (
                SELECT 1 AS object, t.slot AS object_slot, t.object_id, o.merchant_id, t.lo_xid, t.hi_xid, e.version,
                       e.xid
                FROM (
                    SELECT DISTINCT u.slot, u.lo_xid::text::xid8 AS lo_xid, u.hi_xid::text::xid8 AS hi_xid,
                           v.payment_id AS object_id
                    FROM unnest(ours) u
                    JOIN florin.event v ON v.slot = u.slot AND v.xid >= u.lo_xid::text::xid8
                                       AND v.xid < u.hi_xid::text::xid8
                ) t
                CROSS JOIN LATERAL (
                    SELECT p.merchant_id FROM florin.operation p
                    WHERE p.slot = t.slot AND p.payment_id = t.object_id LIMIT 1
                ) o
                JOIN florin.event e ON e.slot = t.slot AND e.payment_id = t.object_id
                UNION ALL
                SELECT 2, t.slot, t.object_id, o.merchant_id, t.lo_xid, t.hi_xid, e.version, e.xid
                FROM (
                    SELECT DISTINCT u.slot, u.lo_xid::text::xid8 AS lo_xid, u.hi_xid::text::xid8 AS hi_xid,
                           v.payout_id AS object_id
                    FROM unnest(ours) u
                    JOIN florin.payout_event v ON v.slot = u.slot AND v.xid >= u.lo_xid::text::xid8
                                              AND v.xid < u.hi_xid::text::xid8
                ) t
                CROSS JOIN LATERAL (
                    SELECT p.merchant_id FROM florin.payout p
                    WHERE p.slot = t.slot AND p.id = t.object_id LIMIT 1
                ) o
                JOIN florin.payout_event e ON e.slot = t.slot AND e.payout_id = t.object_id
            ) x
        ) y
        WHERE y.young >= y.lo_xid AND y.young < y.hi_xid
    ) w;
    INSERT INTO florin.feed_head AS h (slot, merchant_id, position)
    SELECT u.slot, u.merchant_id, count(*) FROM unnest(news) u
    GROUP BY u.slot, u.merchant_id
    ORDER BY u.slot, u.merchant_id
    ON CONFLICT (slot, merchant_id) DO UPDATE SET position = h.position + excluded.position;
    INSERT INTO florin.feed (slot, merchant_id, position, object, object_slot, object_id, version)
    SELECT u.slot, u.merchant_id,
           h.position - count(*) OVER (PARTITION BY u.slot, u.merchant_id) + u.position, u.object, u.object_slot,
           u.object_id, u.version
    FROM unnest(news) u
    JOIN florin.feed_head h ON h.slot = u.slot AND h.merchant_id = u.merchant_id;
    moved := cardinality(ours);
    events := coalesce(cardinality(news), 0);
    RETURN NEXT;
END $$;

-- A step of a payout that is written now; its xid is that of whoever writes it.
CREATE TYPE florin.new_payout_event AS (
    slot      smallint,
    payout_id uuid,
    version   integer,
    event     text,
    status    text,
    by_key    uuid,
    detail    text,
    at        timestamptz
);

-- As in 0017, with events of that type.
DROP FUNCTION florin.write_payouts(florin.payout[], florin.payout_event[]);
CREATE FUNCTION florin.write_payouts(p florin.payout[], e florin.new_payout_event[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    done bigint;
BEGIN
    INSERT INTO florin.payout_event (slot, payout_id, version, event, status, by_key, detail, at)
    SELECT u.* FROM unnest(e) u;
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
