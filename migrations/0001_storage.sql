-- owner: storage. What belongs to no business: the slots and the clients' idempotency keys.
-- On Citus `slot` distributes every table below that has it (docs/adr/0002).

CREATE SCHEMA florin;

-- One row per slot: the driver for reads over all slots, and later the fence of a moving slot.
CREATE TABLE florin.slot_dir (
    slot  smallint PRIMARY KEY,
    epoch smallint NOT NULL DEFAULT 0
);
INSERT INTO florin.slot_dir (slot) SELECT s::smallint FROM generate_series(0, 1023) AS s;

-- What a client's key stands for, for ever: the key that the provider saw is derived from it, so a
-- forgotten key that came back would meet the old charge there. scope is the route: the same key may be used on two of them.
-- The answer itself is the event that ended the operation.
CREATE TABLE florin.idempotency (
    slot         smallint    NOT NULL,
    merchant_id  uuid        NOT NULL,
    scope        smallint    NOT NULL,
    key          text        COLLATE "C" NOT NULL,
    request_hash bytea       NOT NULL,
    payment_id   uuid        NOT NULL,
    operation_id uuid        NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (slot, merchant_id, scope, key)
);

-- One row: the secret from which the keys that providers see are derived. It must survive with the
-- payments, since a retry after a lost machine has to derive the same key again.
CREATE TABLE florin.installation (
    id                  smallint PRIMARY KEY CHECK (id = 1),
    provider_key_secret bytea    NOT NULL
);
INSERT INTO florin.installation (id, provider_key_secret)
VALUES (1, sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea));
