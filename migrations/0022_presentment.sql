-- owner: payments. A buyer may pay in another currency than that of the orders, at the price of a quote.

-- presentment_currency is '' where he does not. presentment_amount: all that he is to pay, in minor units of it;
-- fx_spread: what of it is ours, in the payment's currency. Of both: what is captured, and what of that is refunded or
-- about to be.
ALTER TABLE florin.payment
    ADD COLUMN fx_quote_id          uuid        NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN presentment_currency text        NOT NULL DEFAULT '',
    ADD COLUMN presentment_amount   bigint      NOT NULL DEFAULT 0,
    ADD COLUMN fx_spread            bigint      NOT NULL DEFAULT 0,
    ADD COLUMN fx_expires_at        timestamptz NOT NULL DEFAULT 'infinity',
    ADD COLUMN presentment_captured bigint      NOT NULL DEFAULT 0,
    ADD COLUMN fx_spread_captured   bigint      NOT NULL DEFAULT 0,
    ADD COLUMN presentment_returned bigint      NOT NULL DEFAULT 0,
    ADD COLUMN fx_spread_returned   bigint      NOT NULL DEFAULT 0,
    ADD CONSTRAINT payment_presentment CHECK (0 <= presentment_returned AND presentment_returned <= presentment_captured
                                              AND presentment_captured <= presentment_amount);
ALTER TABLE florin.operation
    ADD COLUMN presentment_amount bigint NOT NULL DEFAULT 0,
    ADD COLUMN fx_spread          bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT operation_presentment CHECK (presentment_amount >= 0);

-- As in 0016, with the columns above and those of 0019.
CREATE OR REPLACE VIEW florin.payment_operation AS
SELECT p.slot, p.merchant_id, p.id, p.version, p.checkout_id, p.buyer_id, p.buyer_email,
       p.method_type, p.method_token, p.return_url, p.capture_later, p.livemode, p.currency, p.amount,
       p.authorized, p.capture_reserved, p.captured, p.voided, p.refund_reserved, p.refunded,
       p.disputed, p.doing, p.waiting_for, p.created_at, p.updated_at,
       p.first_amount, p.first_method_type, p.first_method_token, p.first_provider, p.card_brand,
       p.authorized_until, p.can_increment, p.cancellation_reason, p.due_at AS payment_due_at, p.dispute_override,
       m.id AS main_id, m.provider_reference AS payment_reference,
       o.id AS operation_id, o.kind, o.state, o.generation, o.provider, o.provider_key,
       o.provider_reference, o.amount AS operation_amount, o.sent_at, o.due_at, o.tries, o.review,
       o.next_action, o.decline_code, o.decline_detail, o.reason, o.shares, o.is_final, o.about,
       o.returned, o.by_itself, o.why, o.proved_by, o.proof_reference, o.proof_hash, o.ended_version, p.status,
       o.taken_back,
       p.tender_provider, p.tender_amount, p.tender_unit, p.tender_reference, p.tender_captured, p.tender_returned,
       o.tender_amount AS operation_tender_amount, o.tender_key,
       p.fx_quote_id, p.presentment_currency, p.presentment_amount, p.fx_spread, p.fx_expires_at, p.presentment_captured,
       p.fx_spread_captured, p.presentment_returned, p.fx_spread_returned,
       o.presentment_amount AS operation_presentment_amount, o.fx_spread AS operation_fx_spread
FROM florin.payment p
JOIN florin.operation m ON m.slot = p.slot AND m.payment_id = p.id AND m.id = p.operation_id
JOIN florin.operation o ON o.slot = p.slot AND o.payment_id = p.id;

-- Of payments that have one, as they are after a step or when they are created, with each operation of it.
CREATE TYPE florin.presentment_step AS (
    slot             smallint,
    payment_id       uuid,
    quote_id         uuid,
    currency         text,
    amount           bigint,
    spread           bigint,
    expires_at       timestamptz,
    captured         bigint,
    captured_spread  bigint,
    returned         bigint,
    returned_spread  bigint,
    operation_id     uuid,
    operation_amount bigint,
    operation_spread bigint
);
CREATE FUNCTION florin.write_presentments(t florin.presentment_step[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE florin.payment p
    SET fx_quote_id = u.quote_id, presentment_currency = u.currency, presentment_amount = u.amount,
        fx_spread = u.spread, fx_expires_at = u.expires_at, presentment_captured = u.captured,
        fx_spread_captured = u.captured_spread, presentment_returned = u.returned, fx_spread_returned = u.returned_spread
    FROM unnest(t) u
    WHERE p.slot = u.slot AND p.id = u.payment_id;
    UPDATE florin.operation o
    SET presentment_amount = u.operation_amount, fx_spread = u.operation_spread
    FROM unnest(t) u
    WHERE o.slot = u.slot AND o.payment_id = u.payment_id AND o.id = u.operation_id
      AND (o.presentment_amount <> u.operation_amount OR o.fx_spread <> u.operation_spread);
END $$;
