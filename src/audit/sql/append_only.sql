-- Tables that are only added to, and rows that were changed or deleted in them since the server's statistics began.
-- Where rows are added ON CONFLICT DO NOTHING, two that come at one instant count as a delete: there only updates tell.
SELECT 0::smallint AS slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'table' AS object,
       '00000000-0000-0000-0000-000000000000'::uuid AS object_id, s.relname::text AS what,
       '0 updates, 0 deletes' AS expected, s.n_tup_upd || ' updates, ' || s.n_tup_del || ' deletes' AS found,
       '' AS currency, 0::numeric AS at_stake
FROM pg_stat_user_tables s
WHERE s.schemaname = 'florin'
  AND (s.n_tup_del > 0 AND s.relname IN ('payment', 'operation', 'event', 'payment_order', 'ledger_transaction',
                                         'ledger_entry', 'journal_entry', 'journal_line', 'feed')
       OR s.n_tup_upd > 0 AND s.relname IN ('event', 'idempotency', 'ledger_account', 'ledger_transaction',
                                            'ledger_entry', 'ledger_block', 'ledger_anchor', 'wallet_movement',
                                            'journal_entry', 'journal_line', 'feed'))
  AND $1 = 0
