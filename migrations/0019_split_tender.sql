-- owner: payments. A payment may be paid in part from the buyer's points or stored value.

-- What the wallet `tender_provider` has of a payment, in minor units: tender_amount, of which tender_captured was
-- taken, of which tender_returned is refunded or about to be; each a multiple of tender_unit, the worth of a point.
-- tender_reference: the wallet's id of the charge. All is paid by the method where tender_provider is ''.
ALTER TABLE florin.payment
    ADD COLUMN tender_provider  text   NOT NULL DEFAULT '',
    ADD COLUMN tender_amount    bigint NOT NULL DEFAULT 0,
    ADD COLUMN tender_unit      bigint NOT NULL DEFAULT 1,
    ADD COLUMN tender_reference text   NOT NULL DEFAULT '',
    ADD COLUMN tender_captured  bigint NOT NULL DEFAULT 0,
    ADD COLUMN tender_returned  bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT payment_tender CHECK (0 <= tender_returned AND tender_returned <= tender_captured
                                         AND tender_captured <= tender_amount);

-- What of the amount is the wallet's, our key there, and what a first step holds there in the wallet's word.
ALTER TABLE florin.operation
    ADD COLUMN tender_amount    bigint NOT NULL DEFAULT 0,
    ADD COLUMN tender_key       text   NOT NULL DEFAULT '',
    ADD COLUMN tender_reference text   NOT NULL DEFAULT '',
    ADD CONSTRAINT operation_tender CHECK (0 <= tender_amount AND tender_amount <= amount);

-- Of payments that have one, as they are after a step or when they are created, with each operation of it.
CREATE TYPE florin.tender_step AS (
    slot             smallint,
    payment_id       uuid,
    provider         text,
    amount           bigint,
    unit             bigint,
    reference        text,
    captured         bigint,
    returned         bigint,
    operation_id     uuid,
    operation_amount bigint,
    operation_key    text,
    operation_holds  text
);
CREATE FUNCTION florin.write_tenders(t florin.tender_step[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE florin.payment p
    SET tender_provider = u.provider, tender_amount = u.amount, tender_unit = u.unit,
        tender_reference = u.reference, tender_captured = u.captured, tender_returned = u.returned
    FROM unnest(t) u
    WHERE p.slot = u.slot AND p.id = u.payment_id;
    UPDATE florin.operation o
    SET tender_amount = u.operation_amount, tender_key = u.operation_key,
        tender_reference = CASE WHEN o.tender_reference = '' THEN u.operation_holds ELSE o.tender_reference END
    FROM unnest(t) u
    WHERE o.slot = u.slot AND o.payment_id = u.payment_id AND o.id = u.operation_id
      AND (o.tender_key <> u.operation_key OR (o.tender_reference = '' AND u.operation_holds <> ''));
END $$;
