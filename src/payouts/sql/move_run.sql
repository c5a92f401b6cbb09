-- The next run of settings (migrations/0017_payouts.sql).   $1 slot  $2 seller  $3 currency  $4 claim  $5 next
SELECT florin.move_payout_run($1, $2, $3, $4, $5)
