-- Blocks; who comes second with a number has written nothing: the slot of each block that is new.
-- $1 florin.new_block[]  $2 now
INSERT INTO florin.ledger_block
       (slot, number, epoch, lo_xid, hi_xid, n, root, previous, hash, leaves, sealed_at)
SELECT u.slot, u.number, u.epoch, u.lo_xid::text::xid8, u.hi_xid::text::xid8, u.n, u.root, u.previous,
       u.hash, u.leaves, $2::timestamptz
FROM unnest($1::florin.new_block[]) u
ON CONFLICT DO NOTHING
RETURNING slot
