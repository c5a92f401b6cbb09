-- owner: payments. The time for evidence of a dispute: when a warning is due, or a look at the provider after it.

-- due_at: when something is to be done by itself; 'infinity' = nothing. Disputes of before are warned of once,
-- for all that they missed.
ALTER TABLE florin.dispute ADD COLUMN due_at timestamptz NOT NULL DEFAULT 'infinity';
UPDATE florin.dispute
SET due_at = evidence_due_at - interval '7 days'
WHERE status IN ('inquiry', 'needs_response') AND evidence_due_at < 'infinity';
CREATE INDEX dispute_due ON florin.dispute (due_at) WHERE due_at < 'infinity';

-- Our words on disputes, by payment: few among many events.
CREATE INDEX provider_event_reply ON florin.provider_event (slot, payment_id) WHERE about = 'reply';

-- As in 0009, with the column above.
CREATE OR REPLACE FUNCTION florin.write_disputes(d florin.dispute[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO florin.dispute
    SELECT u.* FROM unnest(d) u
    ON CONFLICT (slot, id) DO UPDATE
    SET status = excluded.status, amount = excluded.amount, fee = excluded.fee,
        withdrawn = excluded.withdrawn, shares = excluded.shares,
        evidence_due_at = excluded.evidence_due_at, updated_at = excluded.updated_at,
        version = excluded.version, movements = excluded.movements, due_at = excluded.due_at;
END $$;
