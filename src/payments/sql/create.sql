-- Payments that begin (migrations/0004_payments.sql): ord, outcome, payment, operation of the losers.
SELECT ord, outcome, payment_id, operation_id FROM florin.create_payments($1, $2)
