-- owner: ledger. Tamper evidence: blocks of transactions under one root for each slot, and anchors over all slots.
-- What is proved, and the bytes that are hashed, are in docs/sealing.md.

-- Who seals reads a slot's transactions by their xid, and all legs of each.
CREATE INDEX ledger_transaction_xid ON florin.ledger_transaction (slot, xid);
CREATE INDEX ledger_entry_transaction ON florin.ledger_entry (slot, transaction_id);

-- All transactions of the slot with lo_xid <= xid < hi_xid, by (xid, id). leaves: their ids and hashes, 48 bytes each, under root;
-- they name what was changed. previous: the hash of the block before. A block is complete when it is written: hi_xid is never
-- above the transaction horizon, below which nothing can be committed any more.
CREATE TABLE florin.ledger_block (
    slot      smallint    NOT NULL,
    number    bigint      NOT NULL CHECK (number > 0),
    epoch     smallint    NOT NULL,
    lo_xid    xid8        NOT NULL,
    hi_xid    xid8        NOT NULL,
    n         integer     NOT NULL CHECK (n > 0),
    root      bytea       NOT NULL CHECK (length(root) = 32),
    previous  bytea       NOT NULL CHECK (length(previous) = 32),
    hash      bytea       NOT NULL CHECK (length(hash) = 32),
    leaves    bytea       NOT NULL CHECK (length(leaves) = 48 * n),
    sealed_at timestamptz NOT NULL,
    PRIMARY KEY (slot, number),
    CHECK (lo_xid < hi_xid)
);

-- The heads of all slots at one time, as a leaf of a tree that only grows. heads: slot and number of each, 10 bytes, by slot.
-- peaks: the roots of the tree's perfect parts before this leaf. note: the signed checkpoint of the tree with it. No slot: one row a minute.
CREATE TABLE florin.ledger_anchor (
    number      bigint      PRIMARY KEY CHECK (number > 0),
    anchored_at timestamptz NOT NULL,
    slots       integer     NOT NULL CHECK (slots > 0),
    heads       bytea       NOT NULL CHECK (length(heads) = 10 * slots),
    heads_root  bytea       NOT NULL CHECK (length(heads_root) = 32),
    peaks       bytea       NOT NULL CHECK (length(peaks) % 32 = 0),
    note        text        NOT NULL
);

-- xids travel as bigint.
CREATE TYPE florin.ledger_range AS (
    slot   smallint,
    number bigint,
    lo_xid bigint,
    hi_xid bigint
);

CREATE TYPE florin.new_block AS (
    slot     smallint,
    number   bigint,
    epoch    smallint,
    lo_xid   bigint,
    hi_xid   bigint,
    n        integer,
    root     bytea,
    previous bytea,
    hash     bytea,
    leaves   bytea
);

-- Facts are only added, and no mistake of ours can change one: even the owner would have to take the right back first. (A trigger
-- would do the same on one PostgreSQL; Citus has none on distributed tables.)
REVOKE UPDATE, DELETE, TRUNCATE ON florin.ledger_transaction, florin.ledger_entry, florin.ledger_block, florin.ledger_anchor
FROM CURRENT_USER;

-- Roll-ups: what the entries of an account in a slot add up to, of all transactions below the slot's mark. A balance is this and the
-- entries from the mark on. The audit adds up again.
CREATE TABLE florin.tally_balance (
    slot       smallint NOT NULL,
    account_id uuid     NOT NULL,
    hi_xid     xid8     NOT NULL,  -- Of the mark when it changed last.
    debits     bigint   NOT NULL CHECK (debits >= 0),
    credits    bigint   NOT NULL CHECK (credits >= 0),
    n          bigint   NOT NULL CHECK (n > 0),
    PRIMARY KEY (slot, account_id)
) WITH (fillfactor = 70);

CREATE TABLE florin.tally_mark (
    slot   smallint PRIMARY KEY,
    hi_xid xid8     NOT NULL
) WITH (fillfactor = 50);
INSERT INTO florin.tally_mark (slot, hi_xid) SELECT d.slot, '0' FROM florin.slot_dir d;

-- Moves the marks of slots from lo_xid to hi_xid, which is not above the horizon, and adds the entries in between. Ranges come by slot. A slot
-- whose mark is no longer lo_xid is left alone: somebody else was first. Returns how many slots were moved.
CREATE FUNCTION florin.ledger_tally(ranges florin.ledger_range[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    r     florin.ledger_range;
    moved bigint := 0;
BEGIN
    FOREACH r IN ARRAY ranges LOOP
        UPDATE florin.tally_mark m SET hi_xid = r.hi_xid::text::xid8
        WHERE m.slot = r.slot AND m.hi_xid = r.lo_xid::text::xid8;
        IF NOT FOUND THEN
            CONTINUE;
        END IF;
        moved := moved + 1;
        INSERT INTO florin.tally_balance AS b (slot, account_id, hi_xid, debits, credits, n)
        SELECT e.slot, e.account_id, r.hi_xid::text::xid8, coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0),
               coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0), count(*)
        FROM florin.ledger_transaction t
        JOIN florin.ledger_entry e ON e.slot = t.slot AND e.transaction_id = t.id
        WHERE t.slot = r.slot AND t.xid >= r.lo_xid::text::xid8 AND t.xid < r.hi_xid::text::xid8
        GROUP BY e.slot, e.account_id
        ON CONFLICT (slot, account_id) DO UPDATE
        SET hi_xid = excluded.hi_xid, debits = b.debits + excluded.debits, credits = b.credits + excluded.credits,
            n = b.n + excluded.n;
    END LOOP;
    RETURN moved;
END $$;
