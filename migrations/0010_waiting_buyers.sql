-- owner: payments. A payment whose buyer does nothing is withdrawn after an hour: those that wait already get
-- their time as well.
UPDATE florin.payment SET due_at = updated_at + interval '1 hour' WHERE status = 'requires_action';
