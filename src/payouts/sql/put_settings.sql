-- Says how a seller is paid, and that nothing is wrong with the destination.   $1 florin.payout_settings[]
INSERT INTO florin.payout_settings SELECT u.* FROM unnest($1::florin.payout_settings[]) u
ON CONFLICT (slot, seller_id, currency) DO UPDATE
SET rail = excluded.rail, name = excluded.name, account = excluded.account, bic = excluded.bic,
    suspended = excluded.suspended, schedule = excluded.schedule, weekday = excluded.weekday, hour = excluded.hour,
    minimum = excluded.minimum, reserve_rate = excluded.reserve_rate, reserve_days = excluded.reserve_days,
    set_by = excluded.set_by, due_at = excluded.due_at, updated_at = excluded.updated_at
