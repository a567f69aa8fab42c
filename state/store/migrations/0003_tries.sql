-- Wrong tries in a row: of a password, of a device's PINs, of a table's join code. Addresses that
-- nobody has are counted too, so that a lock does not tell who works here.
CREATE TABLE tries (
    key text PRIMARY KEY,
    failures integer NOT NULL,
    locked_until timestamptz,
    forgotten_at timestamptz NOT NULL
);

ALTER TABLE staff DROP COLUMN failures, DROP COLUMN locked_until;
ALTER TABLE devices DROP COLUMN failures, DROP COLUMN locked_until;
