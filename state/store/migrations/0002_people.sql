-- Who may come in: staff, their login sessions, and the devices paired with a restaurant.

CREATE TABLE staff (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    lang text NOT NULL DEFAULT 'en',
    password_hash text NOT NULL,
    all_restaurants boolean NOT NULL DEFAULT false,
    tables uuid[],
    stations text[],
    failures integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX ON staff (lower(email)) WHERE deleted_at IS NULL;

-- A PIN is known at one restaurant; `pin_key` finds it without trying every hash.
CREATE TABLE staff_restaurants (
    staff_id uuid NOT NULL REFERENCES staff,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    pin_key bytea,
    PRIMARY KEY (staff_id, restaurant_id),
    UNIQUE (restaurant_id, pin_key)
);

CREATE TABLE devices (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    name text NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    failures integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    paired_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);

-- A login. A refresh token is used once; when a spent one comes back late, it was stolen.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    staff_id uuid NOT NULL REFERENCES staff,
    device_id uuid REFERENCES devices,
    restaurant_id uuid REFERENCES restaurants,
    refresh_hash bytea NOT NULL UNIQUE,
    spent_hash bytea,
    spent_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX ON sessions (spent_hash);

CREATE TABLE audit_log (
    id uuid PRIMARY KEY,
    tenant_id uuid REFERENCES tenants,
    at timestamptz NOT NULL DEFAULT now(),
    actor_id text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL
);
