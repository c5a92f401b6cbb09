-- What wallets have of payments that are split (migrations/0019_split_tender.sql).
SELECT florin.write_tenders($1)
