-- Reversals that do not negate exactly what they reverse: it is not there, is another merchant's or
-- a reversal itself, has other lines, or was reversed before.
WITH said AS (
    SELECT l.slot, l.entry_id,
           string_agg(l.account || ' ' || l.amount || ' ' || l.reference_id, ', ' ORDER BY l.n) AS lines,
           string_agg(l.account || ' ' || -l.amount || ' ' || l.reference_id, ', ' ORDER BY l.n) AS negated
    FROM journal_line l
    GROUP BY l.slot, l.entry_id),
reversal AS (
    SELECT r.*, count(*) OVER (PARTITION BY r.slot, r.reverses) AS times FROM journal_entry r WHERE r.is_reversal)
SELECT r.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'journal_entry' AS object, r.id AS object_id,
       'reverses ' || r.reverses AS what, coalesce(o.negated, 'an entry of the merchant') || ', once' AS expected,
       coalesce(x.lines, 'nothing') || CASE r.times WHEN 1 THEN '' ELSE ', ' || r.times || ' times' END AS found,
       '' AS currency, 0::numeric AS at_stake
FROM reversal r
LEFT JOIN journal_entry j ON j.slot = r.slot AND j.id = r.reverses AND j.merchant_id = r.merchant_id
                         AND NOT j.is_reversal
LEFT JOIN said o ON o.slot = j.slot AND o.entry_id = j.id
LEFT JOIN said x ON x.slot = r.slot AND x.entry_id = r.id
WHERE r.times > 1 OR o.negated IS DISTINCT FROM x.lines
