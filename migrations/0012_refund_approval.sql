-- owner: payments. Refunds above a limit wait for a second person.

-- One row for each refund that had to wait. state: 1 waits, 2 approved, 3 rejected. asked_by, decided_by: API
-- keys; decided_by is nil while it waits. The amount is reserved and out of escrow since the refund was asked for.
CREATE TABLE florin.refund_approval (
    slot        smallint    NOT NULL,
    refund_id   uuid        NOT NULL,
    payment_id  uuid        NOT NULL,
    merchant_id uuid        NOT NULL,
    state       smallint    NOT NULL CHECK (state BETWEEN 1 AND 3),
    asked_by    uuid        NOT NULL,
    decided_by  uuid        NOT NULL,
    decided_at  timestamptz NOT NULL,
    reason      text        NOT NULL,
    PRIMARY KEY (slot, refund_id),
    CHECK ((state = 1) = (decided_at = 'infinity')),
    CONSTRAINT refund_approval_four_eyes CHECK (asked_by <> decided_by)
);
CREATE INDEX refund_approval_waiting ON florin.refund_approval (merchant_id, refund_id) WHERE state = 1;

-- Approvals as they are after a step of their payment. What was decided stays: SQLSTATE FL001.
CREATE FUNCTION florin.write_refund_approvals(a florin.refund_approval[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    written integer;
BEGIN
    INSERT INTO florin.refund_approval AS r
    SELECT u.* FROM unnest(a) u
    ON CONFLICT (slot, refund_id) DO UPDATE
    SET state = excluded.state, decided_by = excluded.decided_by,
        decided_at = excluded.decided_at, reason = excluded.reason
    WHERE r.state = 1;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written < cardinality(a) THEN
        RAISE EXCEPTION 'a refund was approved or rejected before' USING ERRCODE = 'FL001';
    END IF;
END $$;
