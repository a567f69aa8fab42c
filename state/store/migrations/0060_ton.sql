-- Payments in TON: what was asked for, what has arrived, and how far the chain was read.

CREATE TABLE ton_invoices (
    payment_id uuid PRIMARY KEY REFERENCES payments,
    comment text NOT NULL UNIQUE,
    asset text NOT NULL,
    account text NOT NULL,
    jetton text NOT NULL,
    units bigint NOT NULL CHECK (units > 0),
    price text NOT NULL,
    sandbox boolean NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

-- Each transfer once, whoever reads it however often.
CREATE TABLE ton_deposits (
    hash text PRIMARY KEY,
    account text NOT NULL,
    asset text NOT NULL,
    lt bigint NOT NULL,
    units bigint NOT NULL CHECK (units > 0),
    comment text NOT NULL,
    source text NOT NULL,
    at timestamptz NOT NULL,
    sandbox boolean NOT NULL,
    payment_id uuid REFERENCES payments,
    outcome text NOT NULL,
    excess bigint NOT NULL CHECK (excess >= 0)
);
CREATE INDEX ON ton_deposits (payment_id);
CREATE INDEX ton_deposits_odd ON ton_deposits (at)
    WHERE excess > 0 OR outcome IN ('EXTRA', 'LATE', 'UNKNOWN');

-- Who is first to put `next_at` off has the next look; one that dies has it for as long as that.
CREATE TABLE ton_cursors (
    account text NOT NULL,
    asset text NOT NULL,
    lt bigint NOT NULL,
    next_at timestamptz NOT NULL,
    looked_at timestamptz NOT NULL,
    PRIMARY KEY (account, asset)
);
