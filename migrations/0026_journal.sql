-- owner: journal. What finance people book by hand, and how they take it back.

-- One entry per key; id is that of its ledger transaction. key_id: the API key that booked it.
-- reverses: the entry that this one takes back; nil = none. A reversal stands in the slot of what
-- it reverses, so that there can be one only.
CREATE TABLE florin.journal_entry (
    slot         smallint    NOT NULL,
    id           uuid        NOT NULL,
    merchant_id  uuid        NOT NULL,
    key_id       uuid        NOT NULL,
    client_key   text        COLLATE "C" NOT NULL,
    request_hash bytea       NOT NULL,
    reverses     uuid        NOT NULL,
    reason       text        NOT NULL CHECK (reason <> ''),
    recorded_at  timestamptz NOT NULL,
    PRIMARY KEY (slot, id)
);
CREATE UNIQUE INDEX journal_entry_key ON florin.journal_entry (slot, merchant_id, reverses, client_key);
CREATE UNIQUE INDEX journal_entry_reversal ON florin.journal_entry (slot, reverses)
    WHERE reverses <> '00000000-0000-0000-0000-000000000000';
CREATE INDEX journal_entry_newest ON florin.journal_entry (merchant_id, id);

-- The legs as they were asked for, numbered from 0. account: its name, as psp_fees:stripe:EUR.
-- amount: minor units, debit above zero. reference_kind: what reference_id is the id of, by the
-- prefix of that; the entry itself where nothing was named.
CREATE TABLE florin.journal_line (
    slot           smallint NOT NULL,
    entry_id       uuid     NOT NULL,
    n              smallint NOT NULL,
    account        text     COLLATE "C" NOT NULL,
    amount         bigint   NOT NULL CHECK (amount <> 0),
    reference_kind text     NOT NULL,
    reference_id   uuid     NOT NULL,
    PRIMARY KEY (slot, entry_id, n)
);

-- The transactions of journal entries by the slot of the entry, which the id of their source has:
-- the audit looks for them.
CREATE INDEX ledger_transaction_journal ON florin.ledger_transaction
    ((((get_byte(uuid_send(source_id), 6) & 15) << 8) | get_byte(uuid_send(source_id), 7)))
    WHERE kind IN ('journal', 'journal_reversal');

-- Writes entries with their lines; their postings come in the same transaction.
-- SQLSTATE 23505: the key was used, or what is to be reversed is reversed already.
CREATE FUNCTION florin.write_journal(e florin.journal_entry[], l florin.journal_line[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO florin.journal_entry (slot, id, merchant_id, key_id, client_key, request_hash, reverses, reason,
                                      recorded_at)
    SELECT u.slot, u.id, u.merchant_id, u.key_id, u.client_key, u.request_hash, u.reverses, u.reason, u.recorded_at
    FROM unnest(e) u;
    INSERT INTO florin.journal_line (slot, entry_id, n, account, amount, reference_kind, reference_id)
    SELECT u.slot, u.entry_id, u.n, u.account, u.amount, u.reference_kind, u.reference_id FROM unnest(l) u;
END $$;
