-- Items of a collection on TON, one for a purchase; what was signed is kept before it is sent.

CREATE TABLE proof_mints (
    index text PRIMARY KEY,
    purpose text NOT NULL,
    reference uuid NOT NULL,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    collection text NOT NULL,
    owner text NOT NULL,
    state text NOT NULL,
    item text NOT NULL,
    boc bytea NOT NULL,
    hash text NOT NULL,
    seqno bigint NOT NULL,
    valid_until timestamptz,
    tries integer NOT NULL,
    why text NOT NULL,
    sandbox boolean NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX ON proof_mints (collection, created_at) WHERE state IN ('prepared', 'sent', 'unknown');

-- A wallet says one thing after the other: who is first to put `next_at` off has its next word.
CREATE TABLE proof_wallets (
    address text PRIMARY KEY,
    next_at timestamptz NOT NULL
);
