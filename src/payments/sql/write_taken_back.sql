-- What refunds took back from sellers (migrations/0016_shipping.sql).
SELECT florin.write_taken_back($1)
