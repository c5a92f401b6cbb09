-- Tokens of a shared bucket: {granted, left, nanoseconds until the next} (migrations/0007_limits.sql).
-- $1 slot  $2 subject  $3 interval in ns  $4 burst  $5 wanted
SELECT florin.take_tokens($1::smallint, $2::text, $3::bigint, $4::bigint, $5::bigint)
