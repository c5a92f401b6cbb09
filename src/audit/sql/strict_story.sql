-- Entries of strict accounts that are not numbered from 1 without a gap, that do not tell the balance after them, or
-- after which less than nothing was there; and numbers on entries of other accounts.
SELECT x.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'account' AS object, x.id AS object_id,
       'entry ' || coalesce(x.account_seq::text, 'without a number') || ' of ' || x.name AS what,
       CASE WHEN x.strict = 0 THEN 'no number, no balance' ELSE format('number %s, balance %s', x.number, x.balance) END
           AS expected,
       format('number %s, balance %s', coalesce(x.account_seq::text, 'none'), coalesce(x.balance_after::text, 'none'))
           AS found,
       x.currency, abs(coalesce(x.balance_after, 0) - coalesce(x.balance, 0))::numeric AS at_stake
FROM (
    SELECT e.slot, a.id, a.name, a.currency, a.strict, e.account_seq, e.balance_after,
           row_number() OVER so_far AS number, sum(a.strict * e.amount) OVER so_far AS balance
    FROM ledger_entry e
    JOIN account a ON a.slot = e.slot AND a.id = e.account_id
    WHERE a.strict <> 0 OR e.account_seq IS NOT NULL OR e.balance_after IS NOT NULL
    WINDOW so_far AS (PARTITION BY e.slot, e.account_id ORDER BY e.account_seq, e.transaction_id, e.leg)
) x
WHERE x.strict = 0 OR x.balance < 0 OR (x.account_seq, x.balance_after) IS DISTINCT FROM (x.number, x.balance)
