-- owner: ledger. Balances as they were: what each day has moved, besides the roll-up of all days.

-- Of the transactions below the slot's mark, by the day (UTC) when they were recorded. The audit adds up again.
CREATE TABLE florin.tally_day (
    slot       smallint NOT NULL,
    account_id uuid     NOT NULL,
    day        date     NOT NULL,
    debits     bigint   NOT NULL CHECK (debits >= 0),
    credits    bigint   NOT NULL CHECK (credits >= 0),
    PRIMARY KEY (slot, account_id, day)
) WITH (fillfactor = 70);
INSERT INTO florin.tally_day
SELECT e.slot, e.account_id, (t.recorded_at AT TIME ZONE 'UTC')::date,
       coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0), coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0)
FROM florin.tally_mark m
JOIN florin.ledger_transaction t ON t.slot = m.slot AND t.xid < m.hi_xid
JOIN florin.ledger_entry e ON e.slot = t.slot AND e.transaction_id = t.id
GROUP BY 1, 2, 3;

-- Finds the transactions of a part of a day. Rows lie in the order in which they came, so this costs next to nothing.
CREATE INDEX ledger_transaction_recorded ON florin.ledger_transaction USING brin (recorded_at);

-- As in 0015, by days too.
CREATE OR REPLACE FUNCTION florin.ledger_tally(ranges florin.ledger_range[]) RETURNS bigint LANGUAGE plpgsql AS $$
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
        INSERT INTO florin.tally_day AS b (slot, account_id, day, debits, credits)
        SELECT e.slot, e.account_id, (t.recorded_at AT TIME ZONE 'UTC')::date,
               coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0),
               coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0)
        FROM florin.ledger_transaction t
        JOIN florin.ledger_entry e ON e.slot = t.slot AND e.transaction_id = t.id
        WHERE t.slot = r.slot AND t.xid >= r.lo_xid::text::xid8 AND t.xid < r.hi_xid::text::xid8
        GROUP BY 1, 2, 3
        ON CONFLICT (slot, account_id, day) DO UPDATE
        SET debits = b.debits + excluded.debits, credits = b.credits + excluded.credits;
    END LOOP;
    RETURN moved;
END $$;
