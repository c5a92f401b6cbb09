-- owner: fx. What buyers were told that an order costs in another currency, and which currencies issuers and banks take.

-- A price in the buyer's currency (presentment) that stands until expires_at. id is a function of merchant and
-- idempotency key, slot that of a new payment under the same key. Amounts in minor units of their currencies: the buyer
-- pays presentment_amount, the order gets amount, spread on top is ours, both in currency. One unit of
-- presentment_currency is rate_coefficient / 10^rate_scale units of currency. fixed: 1 amount was given, 2
-- presentment_amount. derivation: 1 stated, 2 inverse, 3 cross. payment_id, nil until then, and used_at are all that
-- changes, once.
CREATE TABLE florin.fx_quote (
    slot                 smallint    NOT NULL,
    id                   uuid        NOT NULL,
    merchant_id          uuid        NOT NULL,
    currency             text        NOT NULL,
    amount               bigint      NOT NULL CHECK (amount > 0),
    presentment_currency text        NOT NULL,
    presentment_amount   bigint      NOT NULL CHECK (presentment_amount > 0),
    fixed                smallint    NOT NULL CHECK (fixed BETWEEN 1 AND 2),
    rate_coefficient     bigint      NOT NULL CHECK (rate_coefficient > 0),
    rate_scale           smallint    NOT NULL CHECK (rate_scale BETWEEN 0 AND 18),
    derivation           smallint    NOT NULL CHECK (derivation BETWEEN 1 AND 3),
    rate_source          text        NOT NULL,
    rate_as_of           timestamptz NOT NULL,
    spread_rate          bigint      NOT NULL CHECK (spread_rate BETWEEN 0 AND 500000),
    spread               bigint      NOT NULL CHECK (spread >= 0),
    request_hash         bytea       NOT NULL,
    created_at           timestamptz NOT NULL,
    expires_at           timestamptz NOT NULL CHECK (expires_at > created_at),
    payment_id           uuid        NOT NULL,
    used_at              timestamptz NOT NULL,
    PRIMARY KEY (slot, id),
    CHECK (currency <> presentment_currency),
    CHECK (payment_id = '00000000-0000-0000-0000-000000000000'
           OR (used_at >= created_at AND used_at < expires_at))
) WITH (fillfactor = 90);

-- Which currencies are offered to whom, in that order. The slot is the same for all lists of a merchant. kind: 1 BIN, 2
-- bank, 3 method; key_from is the digits, the bank or the method, key_to the last digits of a range, else as key_from.
CREATE TABLE florin.currency_list (
    slot        smallint    NOT NULL,
    merchant_id uuid        NOT NULL,
    kind        smallint    NOT NULL CHECK (kind BETWEEN 1 AND 3),
    key_from    text        COLLATE "C" NOT NULL,
    key_to      text        COLLATE "C" NOT NULL,
    currencies  text        NOT NULL,  -- Codes with a space between.
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (slot, merchant_id, kind, key_from, key_to)
);

-- Uses a quote for a payment, inside of the transaction that writes the payment. Of two that come at once the second
-- waits for the first. Using it again for the same payment changes nothing.
-- SQLSTATE FL006: there is none, it has expired, or another payment has used it; then nothing of the transaction stays.
CREATE FUNCTION florin.use_fx_quote(p_slot smallint, p_id uuid, p_merchant uuid, p_payment uuid, p_now timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE florin.fx_quote q
    SET payment_id = p_payment, used_at = p_now
    WHERE q.slot = p_slot AND q.id = p_id AND q.merchant_id = p_merchant AND q.expires_at > p_now
      AND q.payment_id = '00000000-0000-0000-0000-000000000000';
    IF FOUND THEN
        RETURN;
    END IF;
    PERFORM FROM florin.fx_quote q
    WHERE q.slot = p_slot AND q.id = p_id AND q.merchant_id = p_merchant AND q.payment_id = p_payment;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the quote % cannot be used', p_id USING ERRCODE = 'FL006';
    END IF;
END $$;

-- Writes a list, unless the merchant would have more than p_most. False = it would. Writers of one slot stand in line at
-- its row of slot_dir.
CREATE FUNCTION florin.put_currency_list(p_slot smallint, p_merchant uuid, p_kind smallint, p_from text, p_to text,
                                         p_currencies text, p_now timestamptz, p_most bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM florin.slot_dir d WHERE d.slot = p_slot FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no slot %', p_slot;
    END IF;
    UPDATE florin.currency_list l
    SET currencies = p_currencies, updated_at = p_now
    WHERE l.slot = p_slot AND l.merchant_id = p_merchant AND l.kind = p_kind AND l.key_from = p_from
      AND l.key_to = p_to;
    IF FOUND THEN
        RETURN true;
    END IF;
    IF (SELECT count(*) FROM florin.currency_list l WHERE l.slot = p_slot AND l.merchant_id = p_merchant) >= p_most THEN
        RETURN false;
    END IF;
    INSERT INTO florin.currency_list (slot, merchant_id, kind, key_from, key_to, currencies, updated_at)
    VALUES (p_slot, p_merchant, p_kind, p_from, p_to, p_currencies, p_now);
    RETURN true;
END $$;
