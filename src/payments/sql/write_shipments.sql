-- Shipments as they are after a step (migrations/0016_shipping.sql).
SELECT florin.write_shipments($1)
