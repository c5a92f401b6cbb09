-- Writes entries and their lines (migrations/0026_journal.sql).
-- $1 florin.journal_entry[]  $2 florin.journal_line[]
SELECT florin.write_journal($1, $2)
