-- Adds a rule, or gives the id of one that overlaps (migrations/0014_sellers.sql).   $1 slot  $2 florin.fee_rule[]
SELECT florin.create_fee_rule($1, $2)
