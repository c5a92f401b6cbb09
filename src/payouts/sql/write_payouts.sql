-- A step of payouts (migrations/0017_payouts.sql).   $1 florin.payout[]  $2 florin.payout_event[]
SELECT florin.write_payouts($1, $2)
