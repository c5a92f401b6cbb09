-- Transactions and their legs (migrations/0003_ledger.sql).
SELECT florin.ledger_post($1, $2)
