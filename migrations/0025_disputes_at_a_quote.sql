-- owner: payments. A bank takes back what a buyer has paid in another currency than that of the orders.

-- Of a payment at a quote: what of withdrawn the provider took, in minor units of the presentment currency, in which the
-- fee is then, too; and what of it was our spread.
ALTER TABLE florin.dispute
    ADD COLUMN presentment_withdrawn bigint NOT NULL DEFAULT 0,
    ADD COLUMN fx_spread             bigint NOT NULL DEFAULT 0;

-- As in 0016, with the columns above.
CREATE OR REPLACE FUNCTION florin.write_disputes(d florin.dispute[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO florin.dispute
    SELECT u.* FROM unnest(d) u
    ON CONFLICT (slot, id) DO UPDATE
    SET status = excluded.status, amount = excluded.amount, fee = excluded.fee,
        withdrawn = excluded.withdrawn, shares = excluded.shares,
        evidence_due_at = excluded.evidence_due_at, updated_at = excluded.updated_at,
        version = excluded.version, movements = excluded.movements, due_at = excluded.due_at,
        taken_back = excluded.taken_back, frozen = excluded.frozen, freezes = excluded.freezes,
        presentment_withdrawn = excluded.presentment_withdrawn, fx_spread = excluded.fx_spread;
END $$;
