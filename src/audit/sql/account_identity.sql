-- Accounts whose id does not follow from merchant, slot and name: somebody gave the money in them another label.
SELECT a.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'account' AS object,
       a.id AS object_id, 'id of ' || a.name AS what, h.id::text AS expected, a.id::text AS found, a.currency,
       coalesce(e.amount, 0) AS at_stake
FROM account a
CROSS JOIN LATERAL (
    SELECT substring(sha256(uuid_send(a.merchant_id) || convert_to(a.name, 'UTF8')) FROM 1 FOR 16) AS hash) x
CROSS JOIN LATERAL (
    SELECT encode(set_byte(set_byte(set_byte(x.hash, 6, 112 | (a.slot >> 8)), 7, a.slot & 255),
                           8, 128 | (get_byte(x.hash, 8) & 63)), 'hex')::uuid AS id) h
LEFT JOIN LATERAL (
    SELECT sum(abs(f.amount)) AS amount FROM ledger_entry f
    WHERE f.slot = a.slot AND f.account_id = a.id AND h.id <> a.id) e ON true
WHERE h.id <> a.id
