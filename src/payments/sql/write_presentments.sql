-- What buyers pay in another currency (migrations/0022_presentment.sql).
SELECT florin.write_presentments($1)
