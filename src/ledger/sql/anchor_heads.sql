-- The last block of each slot that has one: slot, number, hash.
SELECT d.slot, b.number, b.hash
FROM florin.slot_dir d
CROSS JOIN LATERAL (
    SELECT x.number, x.hash FROM florin.ledger_block x
    WHERE x.slot = d.slot ORDER BY x.number DESC LIMIT 1
) b
ORDER BY d.slot
