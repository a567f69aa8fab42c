-- What people have made of transfers in TON that paid nothing. It only grows, as the ledger does.

CREATE TABLE ton_handlings (
    hash text NOT NULL REFERENCES ton_deposits,
    number integer NOT NULL,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    how text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    payment_id uuid REFERENCES payments,
    note text NOT NULL,
    by uuid NOT NULL,
    by_name text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (hash, number)
);
CREATE INDEX ON ton_handlings (payment_id);
