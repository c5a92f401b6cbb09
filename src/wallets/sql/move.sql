-- Writes movements and what they change besides the ledger (migrations/0018_wallets.sql).   $1 florin.wallet_step[]
SELECT florin.move_wallets($1)
