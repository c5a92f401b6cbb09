-- Hashes of blocks that are named: slot, number, hash.   $1 florin.ledger_range[], of which slot and number count
SELECT b.slot, b.number, b.hash
FROM florin.slot_dir d
JOIN unnest($1::florin.ledger_range[]) r ON r.slot = d.slot
JOIN florin.ledger_block b ON b.slot = d.slot AND b.number = r.number
