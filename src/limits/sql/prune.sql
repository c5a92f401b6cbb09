-- Nothing. Removes the buckets that have been full for a while; no row means a full one.   $1 ns
DELETE FROM florin.rate_bucket WHERE full_at_ns < $1::bigint
