-- The file leaves (migrations/0017_payouts.sql).   $1 slot  $2 id  $3 merchant  $4 now
SELECT florin.export_payout_batch($1, $2, $3, $4)
