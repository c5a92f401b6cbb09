-- What a point is worth: currency, value. No row: no points yet.
SELECT t.currency, t.value FROM florin.points_terms t WHERE t.id = 1
