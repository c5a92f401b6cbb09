-- owner: ledger. Accounts that somebody could overspend (what sellers are owed, stored value): one row each, in the
-- home slot of the owner, which is locked while it changes and never goes below zero.

-- normal: the side on which the account grows, 1 = debit, -1 = credit. debits and credits only grow; seq counts the
-- entries. fillfactor and no other index: a change stays on its page.
CREATE TABLE florin.account_balance (
    slot       smallint NOT NULL,
    account_id uuid     NOT NULL,
    normal     smallint NOT NULL CHECK (normal IN (-1, 1)),
    debits     bigint   NOT NULL DEFAULT 0,
    credits    bigint   NOT NULL DEFAULT 0,
    seq        bigint   NOT NULL DEFAULT 0,
    PRIMARY KEY (slot, account_id),
    CHECK (least(debits, credits, seq) >= 0),
    CHECK (normal * (debits - credits) >= 0)
) WITH (fillfactor = 50);

-- Of strict accounts: the entries of an account are numbered from 1 without a gap, and each tells what was there after
-- it, on the account's normal side.
ALTER TABLE florin.ledger_entry
    ADD COLUMN account_seq   bigint,
    ADD COLUMN balance_after bigint CHECK (balance_after >= 0);
CREATE UNIQUE INDEX ledger_entry_seq ON florin.ledger_entry (slot, account_id, account_seq)
    WHERE account_seq IS NOT NULL;

-- normal: as in account_balance, 0 = tallied.
ALTER TYPE florin.new_entry ADD ATTRIBUTE normal smallint;

-- The legs on strict accounts, one after the other as they stand in e. The rows are locked in the order of their keys
-- where the plan is the nested loop that these settings ask for; two batches that lock each other out all the same are
-- tried again.
-- SQLSTATE FL003: an account would go below zero, now or in between.
CREATE FUNCTION florin.ledger_post_strict(e florin.new_entry[]) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    wanted bigint;
    done bigint;
BEGIN
    INSERT INTO florin.account_balance (slot, account_id, normal)
    SELECT DISTINCT u.slot, u.account_id, u.normal FROM unnest(e) u WHERE u.normal <> 0
    ORDER BY u.slot, u.account_id
    ON CONFLICT DO NOTHING;

    SELECT count(DISTINCT (u.slot, u.account_id)) INTO wanted FROM unnest(e) u WHERE u.normal <> 0;
    UPDATE florin.account_balance b
    SET debits = b.debits + m.debits, credits = b.credits + m.credits, seq = b.seq + m.legs
    FROM (
        SELECT r.slot, r.account_id, coalesce(sum(r.amount) FILTER (WHERE r.amount > 0), 0)::bigint AS debits,
               coalesce(-sum(r.amount) FILTER (WHERE r.amount < 0), 0)::bigint AS credits,
               count(*) AS legs, min(r.running) AS lowest
        FROM (
            SELECT u.slot, u.account_id, u.amount,
                   sum(u.normal * u.amount) OVER (PARTITION BY u.slot, u.account_id ORDER BY u.ord) AS running
            FROM unnest(e) WITH ORDINALITY AS
                u (slot, account_id, transaction_id, leg, currency, amount, reference_id, normal, ord)
            WHERE u.normal <> 0
        ) r
        GROUP BY r.slot, r.account_id
        ORDER BY r.slot, r.account_id
    ) m
    WHERE b.slot = m.slot AND b.account_id = m.account_id
      AND b.normal * (b.debits - b.credits) + m.lowest >= 0;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> wanted THEN
        RAISE EXCEPTION 'a strict account would go below zero' USING ERRCODE = 'FL003';
    END IF;

    INSERT INTO florin.ledger_entry (slot, account_id, transaction_id, leg, amount, reference_id, account_seq,
                                     balance_after)
    SELECT u.slot, u.account_id, u.transaction_id, u.leg, u.amount, u.reference_id,
           b.seq - count(*) OVER whole + row_number() OVER so_far,
           b.normal * (b.debits - b.credits) - sum(u.normal * u.amount) OVER whole
               + sum(u.normal * u.amount) OVER so_far
    FROM unnest(e) WITH ORDINALITY AS
        u (slot, account_id, transaction_id, leg, currency, amount, reference_id, normal, ord)
    JOIN florin.account_balance b ON b.slot = u.slot AND b.account_id = u.account_id
    WHERE u.normal <> 0
    WINDOW whole AS (PARTITION BY u.slot, u.account_id),
           so_far AS (PARTITION BY u.slot, u.account_id ORDER BY u.ord);
END $$;

-- As in 0003, for accounts of both policies.
-- SQLSTATE FL002: a transaction does not sum to zero. FL003: see above.
CREATE OR REPLACE FUNCTION florin.ledger_post(t florin.new_transaction[], e florin.new_entry[])
RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM unnest(e) u GROUP BY u.transaction_id, u.currency
               HAVING sum(u.amount) <> 0) THEN
        RAISE EXCEPTION 'a ledger transaction does not sum to zero' USING ERRCODE = 'FL002';
    END IF;
    INSERT INTO florin.ledger_transaction (slot, id, merchant_id, source_id, kind, recorded_at)
    SELECT u.slot, u.id, u.merchant_id, u.source_id, u.kind, u.recorded_at FROM unnest(t) u;
    INSERT INTO florin.ledger_entry (slot, account_id, transaction_id, leg, amount, reference_id)
    SELECT u.slot, u.account_id, u.transaction_id, u.leg, u.amount, u.reference_id FROM unnest(e) u
    WHERE u.normal = 0;
    IF EXISTS (SELECT FROM unnest(e) u WHERE u.normal <> 0) THEN
        PERFORM florin.ledger_post_strict(e);
    END IF;
END $$;
