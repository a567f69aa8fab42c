-- A day is closed by a report that is numbered without gaps, of all that was booked since the one
-- before. What comes later is in the next.

CREATE TABLE day_closings (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    number integer NOT NULL,
    business_day date NOT NULL,
    since timestamptz,
    closed_at timestamptz NOT NULL,
    closed_by text NOT NULL,
    closed_by_name text NOT NULL,
    currency text NOT NULL,
    totals jsonb NOT NULL,
    UNIQUE (restaurant_id, number)
);
ALTER TABLE ledger ADD COLUMN closing_id uuid REFERENCES day_closings;
CREATE INDEX ledger_unclosed ON ledger (restaurant_id) WHERE closing_id IS NULL;

-- Entries stay as they are; that they are part of a closing is noted once.
CREATE OR REPLACE FUNCTION keep_ledger() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.closing_id IS NULL
        AND to_jsonb(NEW) - 'closing_id' = to_jsonb(OLD) - 'closing_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'entries of the ledger stay as they are: move the money back'
        USING ERRCODE = 'restrict_violation';
END;
$$ LANGUAGE plpgsql;
DROP TRIGGER kept ON ledger;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON ledger
FOR EACH ROW EXECUTE FUNCTION keep_ledger();
