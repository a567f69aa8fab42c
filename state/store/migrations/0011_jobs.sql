-- Jobs: work for other companies, begun by a row and done by workers. The queue only says which of
-- them are due; what became of them is told here.

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    kind text NOT NULL,
    status text NOT NULL,
    priority integer NOT NULL,
    owner text NOT NULL,
    private boolean NOT NULL,
    stoppable boolean NOT NULL,
    payload jsonb NOT NULL,
    result jsonb,
    error jsonb,
    progress integer NOT NULL,
    attempts integer NOT NULL,
    trace text NOT NULL,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    erased_at timestamptz
);
CREATE INDEX jobs_open ON jobs (created_at) WHERE status IN ('QUEUED', 'RUNNING', 'UNKNOWN');
CREATE INDEX jobs_dead ON jobs (restaurant_id, created_at) WHERE status IN ('FAILED', 'UNKNOWN');
CREATE INDEX jobs_private ON jobs (ended_at) WHERE private AND erased_at IS NULL;
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;

-- Nobody can write a job and forget to enqueue it: the two happen in one transaction.
CREATE FUNCTION enqueue_job() RETURNS trigger AS $$
BEGIN
    INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, status)
    VALUES (NEW.priority, NEW.kind, convert_to(NEW.id::text, 'UTF8'), NEW.id::text, 'queued')
    ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL
    DO NOTHING;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER enqueue AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION enqueue_job();

-- Likewise nobody can cancel one and leave it in the queue; a worker that has it is told.
CREATE FUNCTION dequeue_job() RETURNS trigger AS $$
DECLARE
    gone bigint;
BEGIN
    FOR gone IN DELETE FROM pgqueuer WHERE dedupe_key = NEW.id::text RETURNING id LOOP
        PERFORM pg_notify('ch_pgqueuer', json_build_object(
            'channel', 'ch_pgqueuer', 'ids', json_build_array(gone),
            'sent_at', now(), 'type', 'cancellation_event')::text);
    END LOOP;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER dequeue AFTER UPDATE OF status ON jobs FOR EACH ROW
WHEN (NEW.status = 'CANCELLED') EXECUTE FUNCTION dequeue_job();

-- What is about to be asked of another company that must not be asked twice: written before it is
-- asked, and again with the answer. Who finds a row without an answer reads what became of it.
CREATE TABLE intents (
    job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
    step text NOT NULL,
    provider text NOT NULL,
    status text NOT NULL,
    request jsonb NOT NULL,
    answer jsonb,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    PRIMARY KEY (job_id, step)
);
