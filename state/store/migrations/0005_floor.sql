-- The floor map: where tables stand (NULL: nobody has put them anywhere yet), and which table a
-- party has left that nobody has cleared since.

ALTER TABLE tables ADD COLUMN x integer CHECK (x BETWEEN 0 AND 199);
ALTER TABLE tables ADD COLUMN y integer CHECK (y BETWEEN 0 AND 199);

ALTER TABLE table_sessions ADD COLUMN cleared_at timestamptz;
UPDATE table_sessions SET cleared_at = closed_at WHERE closed_at IS NOT NULL;
CREATE INDEX table_sessions_left ON table_sessions (restaurant_id, closed_at)
    WHERE closed_at IS NOT NULL AND cleared_at IS NULL;
