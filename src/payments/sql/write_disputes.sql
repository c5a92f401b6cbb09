-- Disputes as they are after a step (migrations/0009_disputes.sql).
SELECT florin.write_disputes($1)
