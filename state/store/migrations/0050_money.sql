-- Bills, payments, refunds and the ledger that all money goes through.

ALTER TABLE restaurants
    ADD COLUMN service_charge integer NOT NULL DEFAULT 0 CHECK (service_charge BETWEEN 0 AND 10000),
    ADD COLUMN pay_first boolean NOT NULL DEFAULT false;
ALTER TABLE orders ADD COLUMN awaiting_payment boolean NOT NULL DEFAULT false;
ALTER TABLE order_items
    ADD COLUMN guest_id text NOT NULL DEFAULT '',
    ADD COLUMN guest_name text NOT NULL DEFAULT '';

-- What people decided about a party's bill; its lines are those of the party's orders.
CREATE TABLE bills (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    session_id uuid NOT NULL UNIQUE REFERENCES table_sessions,
    currency text NOT NULL,
    service_rate integer NOT NULL,
    discount jsonb,
    split jsonb,
    tips jsonb NOT NULL,
    version integer NOT NULL,
    opened_at timestamptz NOT NULL
);

-- One waiter's shift at a drawer.
CREATE TABLE drawers (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    staff_id text NOT NULL,
    staff_name text NOT NULL,
    currency text NOT NULL,
    opening bigint NOT NULL CHECK (opening >= 0),
    expected bigint NOT NULL,
    counted bigint CHECK (counted >= 0),
    opened_at timestamptz NOT NULL,
    closed_at timestamptz
);
CREATE UNIQUE INDEX drawers_open ON drawers (restaurant_id, staff_id) WHERE closed_at IS NULL;
CREATE INDEX ON drawers (restaurant_id, opened_at);

CREATE TABLE payments (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    session_id uuid REFERENCES table_sessions,
    table_id uuid REFERENCES tables,
    purpose text NOT NULL,
    reference text NOT NULL,
    method text NOT NULL,
    status text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    tip bigint NOT NULL CHECK (tip >= 0),
    refunded bigint NOT NULL CHECK (refunded BETWEEN 0 AND amount + tip),
    claims jsonb NOT NULL,
    leg text NOT NULL,
    payer text NOT NULL,
    payer_name text NOT NULL,
    provider_ref text NOT NULL,
    manual boolean NOT NULL,
    closing boolean NOT NULL,
    tendered bigint NOT NULL,
    drawer_id uuid REFERENCES drawers,
    breakdown jsonb NOT NULL,
    failure text NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    locked_until timestamptz NOT NULL,
    looked_at timestamptz,
    settled_at timestamptz
);
CREATE INDEX ON payments (session_id);
CREATE INDEX ON payments (purpose, reference);
CREATE INDEX ON payments (restaurant_id, created_at);
CREATE INDEX payments_open ON payments (looked_at) WHERE status IN ('PENDING', 'AUTHORIZED');
-- What a company calls a payment is that of one payment.
CREATE UNIQUE INDEX payments_provider ON payments (provider_ref) WHERE provider_ref <> '';

CREATE TABLE refunds (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    payment_id uuid NOT NULL REFERENCES payments,
    session_id uuid REFERENCES table_sessions,
    status text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    reason text NOT NULL,
    approved_by text NOT NULL,
    approved_by_name text NOT NULL,
    provider_ref text NOT NULL,
    breakdown jsonb NOT NULL,
    failure text NOT NULL,
    created_at timestamptz NOT NULL,
    settled_at timestamptz
);
CREATE INDEX ON refunds (payment_id);
CREATE INDEX ON refunds (restaurant_id, created_at);
CREATE INDEX refunds_open ON refunds (payment_id) WHERE status = 'PENDING';

CREATE TABLE ledger (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    movement_id uuid NOT NULL,
    account text NOT NULL,
    amount bigint NOT NULL CHECK (amount <> 0),
    currency text NOT NULL,
    business_day date NOT NULL,
    at timestamptz NOT NULL,
    payment_id uuid REFERENCES payments,
    refund_id uuid REFERENCES refunds,
    drawer_id uuid REFERENCES drawers,
    actor_id text NOT NULL,
    memo text NOT NULL,
    UNIQUE (movement_id, account)
);
CREATE INDEX ON ledger (restaurant_id, business_day);
CREATE INDEX ON ledger (payment_id);
-- Money is booked once: a payment is taken once, a refund carried out once.
CREATE UNIQUE INDEX ledger_payments ON ledger (payment_id, account) WHERE refund_id IS NULL AND payment_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_refunds ON ledger (refund_id, account) WHERE refund_id IS NOT NULL;

-- Whoever writes half a movement, or one in two currencies or restaurants, writes nothing.
CREATE FUNCTION balance_ledger() RETURNS trigger AS $$
DECLARE
    off uuid;
BEGIN
    SELECT movement_id INTO off FROM ledger
    WHERE movement_id IN (SELECT movement_id FROM added)
    GROUP BY movement_id
    HAVING sum(amount) <> 0 OR count(DISTINCT (restaurant_id, currency)) > 1;
    IF FOUND THEN
        RAISE EXCEPTION 'movement % does not add up', off USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER balanced AFTER INSERT ON ledger REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION balance_ledger();

CREATE FUNCTION keep_ledger() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'entries of the ledger stay as they are: move the money back'
        USING ERRCODE = 'restrict_violation';
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON ledger
FOR EACH STATEMENT EXECUTE FUNCTION keep_ledger();
