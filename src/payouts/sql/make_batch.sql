-- A file of approved payouts (migrations/0017_payouts.sql).   $1 florin.payout_batch[]  $2 limit
SELECT florin.make_payout_batch($1, $2)
