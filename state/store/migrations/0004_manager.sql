-- What managers change: versions to tell who was faster, texts that a machine made, photos.

ALTER TABLE categories
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN machine text[] NOT NULL DEFAULT '{}';
ALTER TABLE menu_items
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN machine text[] NOT NULL DEFAULT '{}',
    ADD COLUMN photo text;
ALTER TABLE modifier_groups
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN machine text[] NOT NULL DEFAULT '{}';
ALTER TABLE modifiers ADD COLUMN machine text[] NOT NULL DEFAULT '{}';
ALTER TABLE stations ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE tables ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE staff ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE restaurants ADD COLUMN settings_version integer NOT NULL DEFAULT 1;

-- Named after what is in them, so that they may be kept by everybody for good.
CREATE TABLE photos (
    id text PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    large bytea NOT NULL,
    small bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Whoever comes in by PIN only needs no address.
DROP INDEX staff_lower_idx;
CREATE UNIQUE INDEX staff_email ON staff (lower(email)) WHERE deleted_at IS NULL AND email <> '';

-- Who can be at work here, and by which logins.
CREATE INDEX ON staff_restaurants (restaurant_id);
CREATE INDEX ON sessions (staff_id) WHERE revoked_at IS NULL;
CREATE INDEX ON sessions (device_id) WHERE revoked_at IS NULL;
CREATE INDEX ON devices (restaurant_id);

ALTER TABLE audit_log
    ADD COLUMN restaurant_id uuid REFERENCES restaurants,
    ADD COLUMN details jsonb NOT NULL DEFAULT '{}';
CREATE INDEX ON audit_log (restaurant_id, at);
