-- owner: sellers. Whose goods are sold, and the rules by which fees are taken of their orders.

-- id is a function of merchant_id and reference, and slot is in it: registering a seller twice meets this row.
-- state: 1 active, 2 suspended.
CREATE TABLE florin.seller (
    slot        smallint    NOT NULL,
    id          uuid        NOT NULL,
    merchant_id uuid        NOT NULL,
    reference   text        COLLATE "C" NOT NULL,
    name        text        NOT NULL,
    country     text        NOT NULL,
    state       smallint    NOT NULL CHECK (state BETWEEN 1 AND 2),
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (slot, id)
);
CREATE INDEX seller_newest ON florin.seller (merchant_id, created_at, id);

-- kind: 1 commission, 2 logistics. seller_id nil and category '' = each. The slot is that of (merchant_id, kind,
-- currency): what could overlap is in one place. Amounts in minor units; tier_rate[n], in millionths, is for the part of
-- an amount from tier_from[n] on; maximum 0 = none. Valid from valid_from until before valid_until, which is all that
-- changes, and only to an earlier time that is still to come.
CREATE TABLE florin.fee_rule (
    slot        smallint    NOT NULL,
    id          uuid        NOT NULL,
    merchant_id uuid        NOT NULL,
    kind        smallint    NOT NULL CHECK (kind BETWEEN 1 AND 2),
    seller_id   uuid        NOT NULL,
    category    text        COLLATE "C" NOT NULL,
    currency    text        NOT NULL,
    tier_from   bigint[]    NOT NULL,
    tier_rate   bigint[]    NOT NULL CHECK (0 <= ALL (tier_rate) AND 1000000 >= ALL (tier_rate)),
    fixed       bigint      NOT NULL CHECK (fixed >= 0),
    minimum     bigint      NOT NULL CHECK (minimum >= 0),
    maximum     bigint      NOT NULL CHECK (maximum = 0 OR maximum >= minimum),
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz NOT NULL CHECK (valid_until >= valid_from),
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (slot, id),
    CHECK (tier_from[1] = 0 AND cardinality(tier_from) BETWEEN 1 AND 20
           AND cardinality(tier_from) = cardinality(tier_rate))
);
CREATE INDEX fee_rule_target
    ON florin.fee_rule (slot, merchant_id, kind, currency, seller_id, category, valid_until);
CREATE INDEX fee_rule_newest ON florin.fee_rule (merchant_id, id);

-- Adds a rule of this slot, unless one for the same orders is valid at a time at which it would be: gives the id of the
-- earliest of those, or nil when it was added. Writers of one slot stand in line at its row of slot_dir, and each looks
-- only then, so of two that overlap the second sees the first.
CREATE FUNCTION florin.create_fee_rule(p_slot smallint, r florin.fee_rule[]) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    v_first uuid;
BEGIN
    PERFORM FROM florin.slot_dir d WHERE d.slot = p_slot FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no slot %', p_slot;
    END IF;
    SELECT f.id INTO v_first
    FROM unnest(r) u
    JOIN florin.fee_rule f
        ON f.slot = p_slot AND f.merchant_id = u.merchant_id AND f.kind = u.kind
        AND f.currency = u.currency AND f.seller_id = u.seller_id AND f.category = u.category
    WHERE f.valid_from < u.valid_until AND u.valid_from < f.valid_until
        AND f.valid_from < f.valid_until
    ORDER BY f.valid_from
    LIMIT 1;
    IF FOUND THEN
        RETURN v_first;
    END IF;
    INSERT INTO florin.fee_rule SELECT u.* FROM unnest(r) u;
    RETURN '00000000-0000-0000-0000-000000000000';
END $$;
