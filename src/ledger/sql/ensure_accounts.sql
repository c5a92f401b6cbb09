-- Accounts that may be new.   $1 florin.ledger_account[]
INSERT INTO florin.ledger_account (slot, id, merchant_id, code, owner, currency)
SELECT u.slot, u.id, u.merchant_id, u.code, u.owner, u.currency
FROM unnest($1::florin.ledger_account[]) u
ON CONFLICT DO NOTHING
