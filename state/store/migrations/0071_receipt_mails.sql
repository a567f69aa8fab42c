-- How often a receipt was sent by e-mail. Where to is nowhere but in its job, until that has ended.

CREATE TABLE receipt_mails (
    job_id uuid PRIMARY KEY,
    receipt_id uuid NOT NULL REFERENCES receipts,
    at timestamptz NOT NULL
);
CREATE INDEX ON receipt_mails (receipt_id);
