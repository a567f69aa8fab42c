-- What others are paid for before a job of ours buys it, and eSIMs: their purchase, and they themselves.

-- A job may wait for somebody to pay. It is open all the while, and goes on at once when that is done.
DROP INDEX jobs_open;
CREATE INDEX jobs_open ON jobs (created_at)
    WHERE status IN ('QUEUED', 'RUNNING', 'WAITING', 'UNKNOWN');

CREATE FUNCTION wake_job(job uuid) RETURNS void AS $$
    UPDATE pgqueuer SET execute_after = now() WHERE dedupe_key = job::text AND status = 'queued';
$$ LANGUAGE sql;
CREATE FUNCTION wake() RETURNS trigger AS $$
BEGIN
    PERFORM wake_job(NEW.id);
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER wake AFTER UPDATE OF status ON jobs FOR EACH ROW
WHEN (OLD.status = 'WAITING' AND NEW.status = 'RUNNING') EXECUTE FUNCTION wake();

-- `reference` is the job that waits for the money. OWED is what was paid and has to be given back.
CREATE TABLE charges (
    purpose text NOT NULL,
    reference uuid NOT NULL,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    payer text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    PRIMARY KEY (purpose, reference)
);
CREATE INDEX ON charges (payer, created_at);
CREATE INDEX ON charges (created_at) WHERE status IN ('OPEN', 'OWED');

CREATE TABLE esim_purchases (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    owner text NOT NULL,
    kind text NOT NULL,
    package_id text NOT NULL,
    esim_id uuid,
    prepaid boolean NOT NULL,
    package jsonb,
    stage text NOT NULL,
    request_id text NOT NULL,
    error jsonb,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX ON esim_purchases (changed_at) WHERE stage NOT IN ('DELIVERED', 'FAILED');

CREATE TABLE esims (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    owner text NOT NULL,
    sim jsonb NOT NULL,
    package jsonb NOT NULL,
    usage jsonb,
    checked_at timestamptz,
    check_at timestamptz,
    noticed integer NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX ON esims (owner, created_at);
CREATE INDEX ON esims (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX ON esims ((sim->>'iccid'));

-- What the company told of orders by itself, each once. `subject` is our own key of the order, or
-- else what the company calls it.
CREATE TABLE esim_notices (
    event_id text PRIMARY KEY,
    subject text NOT NULL,
    body jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON esim_notices (subject);
CREATE INDEX ON esim_notices USING brin (at);
