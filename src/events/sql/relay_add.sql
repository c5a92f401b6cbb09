-- How many slots were moved, and how many events are new in feeds (migrations/0027_feed.sql).
-- $1 florin.event_range[], by slot
SELECT r.moved, r.events FROM florin.relay_events($1::florin.event_range[]) r
