-- owner: payments. What comes to us from banks and providers after a payment has ended: disputes, refunds
-- that come back, authorizations that end there; and the queue of provider events that brings it.

-- state: 0 waits for somebody to look (due_at, tries), 1 done, 2 dead: only a person can help, 3
-- discarded by a person. about: what it tells of. reference, object: the provider's ids of the
-- payment and of the object. why: what kept it from being done, or who discarded it.
ALTER TABLE florin.provider_event
    ADD COLUMN state     smallint    NOT NULL DEFAULT 1,
    ADD COLUMN due_at    timestamptz NOT NULL DEFAULT 'infinity',
    ADD COLUMN tries     smallint    NOT NULL DEFAULT 0,
    ADD COLUMN about     text        NOT NULL DEFAULT '',
    ADD COLUMN object    text        NOT NULL DEFAULT '',
    ADD COLUMN reference text        NOT NULL DEFAULT '',
    ADD COLUMN why       text        NOT NULL DEFAULT '';
CREATE INDEX provider_event_due ON florin.provider_event (due_at) WHERE due_at < 'infinity';
CREATE INDEX provider_event_dead ON florin.provider_event (received_at) WHERE state = 2;

-- Money that a bank wants back or has taken back (domain/dispute.h). amount and fee in minor units of the
-- payment's currency; shares: the amount by order. withdrawn: it has left the provider's account.
-- evidence_due_at: 'infinity' = nothing can be sent.
CREATE TABLE florin.dispute (
    slot            smallint    NOT NULL,
    payment_id      uuid        NOT NULL,
    id              uuid        NOT NULL,
    merchant_id     uuid        NOT NULL,
    provider        text        NOT NULL,
    reference       text        NOT NULL,
    status          text        NOT NULL,
    reason          text        NOT NULL,
    amount          bigint      NOT NULL CHECK (amount > 0),
    fee             bigint      NOT NULL CHECK (fee >= 0),
    withdrawn       boolean     NOT NULL,
    shares          bigint[]    NOT NULL,
    evidence_due_at timestamptz NOT NULL,
    opened_at       timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    version         integer     NOT NULL,
    PRIMARY KEY (slot, payment_id, id),
    UNIQUE (slot, payment_id, reference)
);
