-- owner: ledger. Facts that are only added: transactions and their entries, which sum to zero.

-- id is a function of the other columns (ledger/chart.h), so the key is unique in all of them.
CREATE TABLE florin.ledger_account (
    slot        smallint NOT NULL,
    id          uuid     NOT NULL,
    merchant_id uuid     NOT NULL,
    code        smallint NOT NULL,
    owner       text     NOT NULL,
    currency    text     NOT NULL,
    PRIMARY KEY (slot, id)
);

-- id is the id of the operation that is booked: it can be booked once.
CREATE TABLE florin.ledger_transaction (
    slot        smallint    NOT NULL,
    id          uuid        NOT NULL,
    merchant_id uuid        NOT NULL,
    source_id   uuid        NOT NULL,
    kind        text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    xid         xid8        NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (slot, id)
);

-- amount: minor units, debit above zero. The key serves statements of an account.
CREATE TABLE florin.ledger_entry (
    slot           smallint NOT NULL,
    account_id     uuid     NOT NULL,
    transaction_id uuid     NOT NULL,
    leg            smallint NOT NULL,
    amount         bigint   NOT NULL CHECK (amount <> 0),
    reference_id   uuid     NOT NULL,
    PRIMARY KEY (slot, account_id, transaction_id, leg)
);

CREATE TYPE florin.new_transaction AS (
    slot        smallint,
    id          uuid,
    merchant_id uuid,
    source_id   uuid,
    kind        text,
    recorded_at timestamptz
);

CREATE TYPE florin.new_entry AS (
    slot           smallint,
    account_id     uuid,
    transaction_id uuid,
    leg            smallint,
    currency       text,
    amount         bigint,
    reference_id   uuid
);

-- Adds transactions and their legs. The legs of a transaction must sum to zero per currency; a
-- caller that sends others has a bug, and nothing of its batch is written.
-- SQLSTATE FL002: a transaction does not sum to zero.
CREATE FUNCTION florin.ledger_post(t florin.new_transaction[], e florin.new_entry[])
RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM unnest(e) u GROUP BY u.transaction_id, u.currency
               HAVING sum(u.amount) <> 0) THEN
        RAISE EXCEPTION 'a ledger transaction does not sum to zero' USING ERRCODE = 'FL002';
    END IF;
    INSERT INTO florin.ledger_transaction (slot, id, merchant_id, source_id, kind, recorded_at)
    SELECT u.slot, u.id, u.merchant_id, u.source_id, u.kind, u.recorded_at FROM unnest(t) u;
    INSERT INTO florin.ledger_entry (slot, account_id, transaction_id, leg, amount, reference_id)
    SELECT u.slot, u.account_id, u.transaction_id, u.leg, u.amount, u.reference_id FROM unnest(e) u;
END $$;
