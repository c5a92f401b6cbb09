-- Keeps events of providers and wakes what waits for them (migrations/0009_disputes.sql): slot, payment,
-- provider and id of each that is new; slot and payment, without an id, of each operation woken.
SELECT slot, payment_id, provider, id
FROM florin.receive_provider_events($1::florin.new_provider_event[])
