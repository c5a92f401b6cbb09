-- What of new payouts is held back.   $1 florin.payout_reserve[]
INSERT INTO florin.payout_reserve SELECT u.* FROM unnest($1::florin.payout_reserve[]) u
