-- How many slots were rolled up (migrations/0015_sealing.sql).   $1 florin.ledger_range[], by slot
SELECT florin.ledger_tally($1::florin.ledger_range[])
