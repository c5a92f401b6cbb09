-- owner: limits. What one caller, or one account at a provider, may still ask for; shared by all
-- processes.

-- A token bucket in one number: the time at which it will be full again, in nanoseconds since 1970.
-- A time that has passed means a full bucket, so such a row says the same as no row and is pruned.
-- fillfactor: the same row is written again and again, which then stays on its page.
CREATE TABLE florin.rate_bucket (
    slot       smallint NOT NULL,
    subject    text     COLLATE "C" NOT NULL,
    full_at_ns bigint   NOT NULL,
    PRIMARY KEY (slot, subject)
) WITH (fillfactor = 50);

-- Takes up to p_wanted tokens from a bucket that holds p_burst and gains one per p_interval_ns.
-- Gives {granted, left afterwards, nanoseconds until there is one again}. The clock is read when the
-- row is ours: who waited for it must not count the wait as his own.
CREATE FUNCTION florin.take_tokens(
    p_slot smallint, p_subject text, p_interval_ns bigint, p_burst bigint, p_wanted bigint
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    v_now     bigint;
    v_full_at bigint;
    v_there   bigint;
    v_granted bigint;
BEGIN
    LOOP
        SELECT full_at_ns INTO v_full_at FROM florin.rate_bucket
        WHERE slot = p_slot AND subject = p_subject
        FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO florin.rate_bucket (slot, subject, full_at_ns)
        VALUES (p_slot, p_subject, 0)
        ON CONFLICT DO NOTHING;
    END LOOP;
    v_now := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000;
    v_full_at := greatest(v_full_at, v_now);
    v_there := greatest((v_now + p_burst * p_interval_ns - v_full_at) / p_interval_ns, 0);
    v_granted := least(p_wanted, v_there);
    v_full_at := v_full_at + v_granted * p_interval_ns;
    UPDATE florin.rate_bucket
    SET full_at_ns = v_full_at
    WHERE slot = p_slot AND subject = p_subject;
    RETURN ARRAY[v_granted, v_there - v_granted,
                 greatest(v_full_at + p_interval_ns - v_now - p_burst * p_interval_ns, 0)];
END $$;
