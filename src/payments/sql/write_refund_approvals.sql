-- Approvals of refunds as they are after a step (migrations/0012_refund_approval.sql).
SELECT florin.write_refund_approvals($1)
