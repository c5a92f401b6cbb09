-- Operations that a step begins beside its own (migrations/0006_lifecycle.sql).
SELECT florin.begin_operations($1)
