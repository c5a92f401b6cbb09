-- Accounts that may be new.   $1 slot[]  $2 id[]  $3 merchant[]  $4 code[]  $5 owner[]  $6 currency[]
INSERT INTO florin.ledger_account (slot, id, merchant_id, code, owner, currency)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::smallint[], $5::text[], $6::text[])
ON CONFLICT DO NOTHING
