-- owner: payments. What providers told us by themselves, as they said it.

-- body: the very bytes, kept before anybody acts on them. payment_id is nil where the event names no
-- payment of ours; its slot is then made of its id.
CREATE TABLE florin.provider_event (
    slot        smallint    NOT NULL,
    provider    text        NOT NULL,
    id          text        NOT NULL,
    type        text        NOT NULL,
    payment_id  uuid        NOT NULL,
    body        bytea       NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (slot, provider, id)
);

-- Keeps an event, and makes what is open of its payment due now: the resolver reads the object and
-- believes that. Who sends at this moment is left alone, its answer is on the way. Gives the number
-- of operations that were woken, or -1 when the event was here before.
CREATE FUNCTION florin.receive_provider_event(
    p_slot smallint, p_provider text, p_id text, p_type text, p_payment uuid, p_body bytea,
    p_at timestamptz
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    n integer;
BEGIN
    INSERT INTO florin.provider_event (slot, provider, id, type, payment_id, body, received_at)
    VALUES (p_slot, p_provider, p_id, p_type, p_payment, p_body, p_at)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n = 0 THEN
        RETURN -1;
    END IF;
    -- pending, unknown, not_found_wait
    UPDATE florin.operation
    SET due_at = p_at
    WHERE slot = p_slot AND payment_id = p_payment AND state IN (4, 6, 7)
      AND due_at < 'infinity' AND due_at > p_at;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
