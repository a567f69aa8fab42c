-- Guests who call are answered like dishes that are ready: it gets louder until somebody does.
ALTER TABLE service_requests
    ADD COLUMN level integer NOT NULL DEFAULT 0,
    ADD COLUMN next_at timestamptz;
CREATE INDEX service_requests_due ON service_requests (next_at) WHERE next_at IS NOT NULL;
