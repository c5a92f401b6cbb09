-- The next runs of settings (migrations/0017_payouts.sql).   $1 slot[]  $2 seller[]  $3 currency[]  $4 claim[]  $5 next[]
SELECT florin.move_payout_run(u.slot, u.seller, u.currency, u.claim, u.next)
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[])
     AS u (slot, seller, currency, claim, next)
