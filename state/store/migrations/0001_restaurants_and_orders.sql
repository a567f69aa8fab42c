-- Tenants, restaurants, menus, tables, orders and the log of what happened to them.

CREATE TABLE tenants (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- `seq` is the head of the restaurant's log: raised as the last act of a transaction, so that the
-- row lock is short and the numbers follow the order of commits without gaps.
CREATE TABLE restaurants (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    name text NOT NULL,
    currency text NOT NULL,
    tax_mode text NOT NULL,
    timezone text NOT NULL,
    language text NOT NULL,
    languages text[] NOT NULL,
    hours jsonb NOT NULL,
    day_cutover time NOT NULL DEFAULT '04:00',
    join_code_required boolean NOT NULL DEFAULT false,
    menu_version bigint NOT NULL DEFAULT 1,
    seq bigint NOT NULL DEFAULT 0,
    seq_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
) WITH (fillfactor = 50);

CREATE TABLE order_numbers (
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    business_day date NOT NULL,
    last integer NOT NULL,
    PRIMARY KEY (restaurant_id, business_day)
);

CREATE TABLE stations (
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    id text NOT NULL,
    tenant_id uuid NOT NULL REFERENCES tenants,
    name text NOT NULL,
    position integer NOT NULL DEFAULT 0,
    deleted_at timestamptz,
    PRIMARY KEY (restaurant_id, id)
);

CREATE TABLE categories (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    texts jsonb NOT NULL,
    position integer NOT NULL DEFAULT 0,
    deleted_at timestamptz
);
CREATE INDEX ON categories (restaurant_id);

CREATE TABLE menu_items (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    category_id uuid NOT NULL REFERENCES categories,
    texts jsonb NOT NULL,
    descriptions jsonb NOT NULL DEFAULT '{}',
    price integer NOT NULL CHECK (price >= 0),
    tax_rate integer NOT NULL CHECK (tax_rate BETWEEN 0 AND 10000),
    allergens text[] NOT NULL DEFAULT '{}',
    station text NOT NULL,
    course integer NOT NULL DEFAULT 1,
    prep_seconds integer NOT NULL DEFAULT 600,
    position integer NOT NULL DEFAULT 0,
    available boolean NOT NULL DEFAULT true,
    quantity integer CHECK (quantity >= 0),
    deleted_at timestamptz,
    FOREIGN KEY (restaurant_id, station) REFERENCES stations (restaurant_id, id)
);
CREATE INDEX ON menu_items (restaurant_id);

CREATE TABLE modifier_groups (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    texts jsonb NOT NULL,
    min integer NOT NULL,
    max integer NOT NULL CHECK (max >= min),
    deleted_at timestamptz
);
CREATE INDEX ON modifier_groups (restaurant_id);

CREATE TABLE modifiers (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    group_id uuid NOT NULL REFERENCES modifier_groups,
    texts jsonb NOT NULL,
    price_delta integer NOT NULL DEFAULT 0,
    available boolean NOT NULL DEFAULT true,
    position integer NOT NULL DEFAULT 0,
    deleted_at timestamptz
);
CREATE INDEX ON modifiers (group_id);

CREATE TABLE menu_item_groups (
    menu_item_id uuid NOT NULL REFERENCES menu_items,
    group_id uuid NOT NULL REFERENCES modifier_groups,
    position integer NOT NULL DEFAULT 0,
    PRIMARY KEY (menu_item_id, group_id)
);

CREATE TABLE tables (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    number text NOT NULL,
    zone text NOT NULL DEFAULT '',
    seats integer NOT NULL DEFAULT 4,
    position integer NOT NULL DEFAULT 0,
    key_version integer NOT NULL DEFAULT 1,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX ON tables (restaurant_id, number) WHERE deleted_at IS NULL;

CREATE TABLE table_sessions (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    table_id uuid NOT NULL REFERENCES tables,
    table_number text NOT NULL,
    code text NOT NULL,
    opened_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    closed_at timestamptz,
    cart jsonb NOT NULL DEFAULT '[]',
    cart_version integer NOT NULL DEFAULT 0
);
-- One party at a table at a time, also when two nodes seat it in the same moment.
CREATE UNIQUE INDEX ON table_sessions (table_id) WHERE closed_at IS NULL;

CREATE TABLE orders (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    table_id uuid NOT NULL REFERENCES tables,
    table_number text NOT NULL,
    session_id uuid NOT NULL REFERENCES table_sessions,
    business_day date NOT NULL,
    order_number integer NOT NULL,
    status text NOT NULL,
    payment_status text NOT NULL,
    priority text NOT NULL,
    version integer NOT NULL,
    seq bigint NOT NULL,
    currency text NOT NULL,
    tax_mode text NOT NULL,
    subtotal bigint NOT NULL,
    tax bigint NOT NULL,
    tips bigint NOT NULL,
    total_amount bigint NOT NULL,
    note text NOT NULL,
    placed_by text NOT NULL,
    reason text NOT NULL,
    estimated_ready_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    prepared_at timestamptz,
    ready_at timestamptz,
    delivered_at timestamptz,
    completed_at timestamptz,
    cancelled_at timestamptz,
    UNIQUE (restaurant_id, business_day, order_number)
);
CREATE INDEX orders_active ON orders (restaurant_id) WHERE status NOT IN ('COMPLETED', 'CANCELLED');
CREATE INDEX ON orders (session_id);

CREATE TABLE order_items (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders,
    position integer NOT NULL,
    menu_item_id uuid NOT NULL REFERENCES menu_items,
    name text NOT NULL,
    names jsonb NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    unit_price bigint NOT NULL,
    line_total bigint NOT NULL,
    tax_rate integer NOT NULL,
    modifiers jsonb NOT NULL,
    note text NOT NULL,
    allergens text[] NOT NULL,
    station text NOT NULL,
    course integer NOT NULL,
    prep_seconds integer NOT NULL,
    status text NOT NULL,
    version integer NOT NULL,
    remakes integer NOT NULL,
    reason text NOT NULL,
    queued_at timestamptz,
    started_at timestamptz,
    ready_at timestamptz,
    served_at timestamptz,
    voided_at timestamptz
);
CREATE INDEX ON order_items (order_id);

-- The log. `data` is json, not jsonb: a hole is filled with the very bytes that were published.
CREATE TABLE events (
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    name text NOT NULL,
    at timestamptz NOT NULL,
    actor_role text NOT NULL,
    actor_id text NOT NULL,
    trace text NOT NULL,
    about json NOT NULL,
    data json NOT NULL,
    PRIMARY KEY (restaurant_id, seq)
);
CREATE INDEX ON events USING brin (at);

-- One row for each command carried out under a caller's own id: the same id, the same answer.
CREATE TABLE commands (
    actor_id text NOT NULL,
    command_id text NOT NULL,
    name text NOT NULL,
    answer json NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (actor_id, command_id)
);
CREATE INDEX ON commands USING brin (at);

CREATE TABLE alerts (
    id uuid PRIMARY KEY,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    order_id uuid NOT NULL REFERENCES orders,
    order_number integer NOT NULL,
    table_id uuid NOT NULL REFERENCES tables,
    table_number text NOT NULL,
    kind text NOT NULL,
    level integer NOT NULL,
    status text NOT NULL,
    raised_at timestamptz NOT NULL,
    next_at timestamptz,
    acknowledged_by text,
    acknowledged_by_name text NOT NULL,
    acknowledged_at timestamptz
);
CREATE INDEX alerts_due ON alerts (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX alerts_open ON alerts (restaurant_id) WHERE status <> 'RESOLVED';
CREATE INDEX ON alerts (order_id);

CREATE TABLE service_requests (
    id uuid PRIMARY KEY,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    session_id uuid NOT NULL REFERENCES table_sessions,
    table_id uuid NOT NULL REFERENCES tables,
    table_number text NOT NULL,
    kind text NOT NULL,
    note text NOT NULL,
    status text NOT NULL,
    requested_at timestamptz NOT NULL,
    acknowledged_by text,
    acknowledged_by_name text NOT NULL,
    done_at timestamptz
);
-- A guest who calls twice is still one call.
CREATE UNIQUE INDEX ON service_requests (session_id, kind) WHERE status <> 'DONE';
CREATE INDEX service_requests_open ON service_requests (restaurant_id) WHERE status <> 'DONE';
