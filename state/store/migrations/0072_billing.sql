-- What restaurants pay to whoever runs the hub: tariffs, plans, and an invoice for each month.
-- These are the operator's books. No restaurant's ledger has them: that is of its guests' money.

CREATE TABLE hub_operator (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    legal jsonb NOT NULL,
    language text NOT NULL,
    timezone text NOT NULL,
    pay_to text NOT NULL,
    due_days integer NOT NULL CHECK (due_days BETWEEN 0 AND 365)
);

CREATE TABLE tariffs (
    code text NOT NULL,
    currency text NOT NULL,
    name text NOT NULL,
    price bigint NOT NULL CHECK (price >= 0),
    tax_rate integer NOT NULL CHECK (tax_rate BETWEEN 0 AND 10000),
    PRIMARY KEY (code, currency)
);

-- `billed_until` is the first day of which no invoice has been written.
CREATE TABLE subscriptions (
    restaurant_id uuid PRIMARY KEY REFERENCES restaurants,
    tenant_id uuid NOT NULL REFERENCES tenants,
    tariff text NOT NULL,
    currency text NOT NULL,
    email text NOT NULL,
    since date NOT NULL,
    ends_on date,
    billed_until date NOT NULL,
    FOREIGN KEY (tariff, currency) REFERENCES tariffs
);

CREATE TABLE hub_invoices (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    year integer NOT NULL,
    number integer NOT NULL,
    month date NOT NULL,
    issued_at timestamptz NOT NULL,
    document jsonb NOT NULL,
    UNIQUE (year, number),
    UNIQUE (restaurant_id, month)
);
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON hub_invoices
FOR EACH ROW EXECUTE FUNCTION keep_documents();
CREATE TRIGGER kept_all BEFORE TRUNCATE ON hub_invoices
FOR EACH STATEMENT EXECUTE FUNCTION keep_documents();

CREATE TABLE hub_invoice_counters (
    year integer PRIMARY KEY,
    last integer NOT NULL
);
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON hub_invoice_counters
FOR EACH ROW EXECUTE FUNCTION keep_counter();

CREATE FUNCTION number_hub_invoice() RETURNS trigger AS $$
BEGIN
    INSERT INTO hub_invoice_counters AS counter VALUES (NEW.year, 1)
    ON CONFLICT (year) DO UPDATE SET last = counter.last + 1 RETURNING last INTO NEW.number;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER numbered BEFORE INSERT ON hub_invoices
FOR EACH ROW EXECUTE FUNCTION number_hub_invoice();

-- What becomes of an invoice, beside the invoice itself.
CREATE TABLE hub_debts (
    invoice_id uuid PRIMARY KEY REFERENCES hub_invoices,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    status text NOT NULL,
    due_on date NOT NULL,
    paid_on date,
    reminders integer NOT NULL,
    remind_on date
);
CREATE INDEX hub_debts_open ON hub_debts (remind_on) WHERE status <> 'PAID';
