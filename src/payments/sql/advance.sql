-- Payments that go one version on (migrations/0004_payments.sql). Fails as a whole.
SELECT florin.advance_payments($1)
