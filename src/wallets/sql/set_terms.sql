-- What a point is worth, the first time that somebody says it.   $1 currency  $2 value
INSERT INTO florin.points_terms (id, currency, value) VALUES (1, $1::text, $2::bigint) ON CONFLICT DO NOTHING
