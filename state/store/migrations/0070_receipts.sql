-- Receipts and credit notes: numbered without gaps per restaurant, series and year, and never changed.

ALTER TABLE restaurants ADD COLUMN legal jsonb NOT NULL DEFAULT '{}';
ALTER TABLE payments ADD COLUMN language text NOT NULL DEFAULT '';

CREATE TABLE receipts (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    series text NOT NULL,
    year integer NOT NULL,
    number integer NOT NULL,
    payment_id uuid NOT NULL REFERENCES payments,
    refund_id uuid REFERENCES refunds,
    issued_at timestamptz NOT NULL,
    document jsonb NOT NULL,
    UNIQUE (restaurant_id, series, year, number)
);
-- A payment has one receipt, a refund one credit note.
CREATE UNIQUE INDEX receipts_payments ON receipts (payment_id) WHERE refund_id IS NULL;
CREATE UNIQUE INDEX receipts_refunds ON receipts (refund_id) WHERE refund_id IS NOT NULL;
CREATE INDEX ON receipts (restaurant_id, issued_at);

CREATE TABLE receipt_counters (
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    series text NOT NULL,
    year integer NOT NULL,
    last integer NOT NULL,
    PRIMARY KEY (restaurant_id, series, year)
);

-- The number is taken with the receipt, in its transaction: the counter's row is held until that is
-- committed, and what is rolled back has not counted.
CREATE FUNCTION number_receipt() RETURNS trigger AS $$
BEGIN
    INSERT INTO receipt_counters AS counter VALUES (NEW.restaurant_id, NEW.series, NEW.year, 1)
    ON CONFLICT (restaurant_id, series, year) DO UPDATE SET last = counter.last + 1
    RETURNING last INTO NEW.number;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER numbered BEFORE INSERT ON receipts
FOR EACH ROW EXECUTE FUNCTION number_receipt();

CREATE FUNCTION keep_documents() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION '% stay as they are: issue another', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON receipts
FOR EACH ROW EXECUTE FUNCTION keep_documents();
CREATE TRIGGER kept_all BEFORE TRUNCATE ON receipts
FOR EACH STATEMENT EXECUTE FUNCTION keep_documents();

-- A counter goes up by one with each receipt, and never otherwise.
CREATE FUNCTION keep_counter() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.last = OLD.last + 1 THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'numbers of receipts have no gaps' USING ERRCODE = 'restrict_violation';
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON receipt_counters
FOR EACH ROW EXECUTE FUNCTION keep_counter();
