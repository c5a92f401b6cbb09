-- owner: accounts. Who calls, and what they may do. Small tables, copied to every node on Citus.

CREATE TABLE florin.merchant (
    id         uuid        PRIMARY KEY,
    name       text        NOT NULL UNIQUE,
    created_at timestamptz NOT NULL
);

CREATE TABLE florin.api_key (
    id          uuid        PRIMARY KEY,
    merchant_id uuid        NOT NULL REFERENCES florin.merchant (id),
    name        text        NOT NULL,
    livemode    boolean     NOT NULL,
    scopes      text[]      NOT NULL,
    secret_hash bytea       NOT NULL CHECK (length(secret_hash) = 32),
    created_at  timestamptz NOT NULL,
    revoked_at  timestamptz
);
