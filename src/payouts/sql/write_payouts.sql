-- A step of payouts (migrations/0027_feed.sql).   $1 florin.payout[]  $2 florin.new_payout_event[]
SELECT florin.write_payouts($1, $2)
