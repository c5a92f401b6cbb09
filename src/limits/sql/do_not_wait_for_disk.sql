-- Nothing. A lease that a crash forgets harms nobody, so this transaction does not wait for the disk
-- nor for a standby.
SELECT set_config('synchronous_commit', 'off', true)
