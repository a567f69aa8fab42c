-- What a payer has taken back through their bank, and what came of it.

CREATE TABLE disputes (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    payment_id uuid NOT NULL REFERENCES payments,
    provider_ref text NOT NULL UNIQUE,
    status text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    reason text NOT NULL,
    due_by timestamptz,
    sandbox boolean NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz
);
CREATE INDEX ON disputes (restaurant_id, opened_at);
CREATE INDEX ON disputes (payment_id);
CREATE INDEX disputes_open ON disputes (opened_at) WHERE closed_at IS NULL;

-- A dispute takes its money once, and gives or loses it once: the memo says which of the two.
ALTER TABLE ledger ADD COLUMN dispute_id uuid REFERENCES disputes;
CREATE UNIQUE INDEX ledger_disputes ON ledger (dispute_id, memo, account)
    WHERE dispute_id IS NOT NULL;
