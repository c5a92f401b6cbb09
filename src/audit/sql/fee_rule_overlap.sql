-- Rules that take the same orders at the same time as an older one: which of the two decides would be chance.
SELECT b.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'fee_rule' AS object, b.id AS object_id,
       'rule for the same orders' AS what, 'none while it is valid' AS expected, a.id::text AS found, b.currency,
       0::numeric AS at_stake
FROM fee_rule a
JOIN fee_rule b
    ON b.slot = a.slot AND b.merchant_id = a.merchant_id AND b.kind = a.kind AND b.currency = a.currency
    AND b.seller_id = a.seller_id AND b.category = a.category AND b.id > a.id
WHERE a.valid_from < b.valid_until AND b.valid_from < a.valid_until
  AND a.valid_from < a.valid_until AND b.valid_from < b.valid_until
