-- Hotels: the house's own rooms, and what was booked there or through other companies.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE hotels (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    name text NOT NULL,
    city text NOT NULL,
    country text NOT NULL,
    currency text NOT NULL,
    timezone text NOT NULL,
    checkin_from time NOT NULL DEFAULT '15:00',
    checkout_until time NOT NULL DEFAULT '11:00',
    deleted_at timestamptz
);
CREATE INDEX ON hotels (tenant_id);

-- `price` is that of a night for which room_rates has no other, in the currency's minor unit.
CREATE TABLE room_types (
    id uuid PRIMARY KEY,
    hotel_id uuid NOT NULL REFERENCES hotels,
    name text NOT NULL,
    adults integer NOT NULL CHECK (adults > 0),
    children integer NOT NULL DEFAULT 0,
    price bigint NOT NULL CHECK (price >= 0),
    position integer NOT NULL DEFAULT 0
);
CREATE INDEX ON room_types (hotel_id);

CREATE TABLE rooms (
    id uuid PRIMARY KEY,
    room_type_id uuid NOT NULL REFERENCES room_types,
    number text NOT NULL,
    in_order boolean NOT NULL DEFAULT true,
    UNIQUE (room_type_id, number)
);

CREATE TABLE room_rates (
    room_type_id uuid NOT NULL REFERENCES room_types,
    night date NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (room_type_id, night)
);

-- Bookings of all providers. Ids of hotels and room types are the provider's; `room_id` is one of
-- our own rooms. A booking through another company has the id of the job that made it.
CREATE TABLE hotel_bookings (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    owner text NOT NULL,
    provider text NOT NULL,
    hotel_id text NOT NULL,
    hotel_name text NOT NULL,
    room_type_id text NOT NULL,
    room_type text NOT NULL,
    room_id uuid REFERENCES rooms,
    room_number text NOT NULL,
    guest jsonb NOT NULL,
    adults integer NOT NULL,
    children jsonb NOT NULL,
    checkin date NOT NULL,
    checkout date NOT NULL,
    currency text NOT NULL,
    total bigint NOT NULL,
    status text NOT NULL,
    reservation text NOT NULL,
    door_code text NOT NULL,
    registration jsonb,
    created_at timestamptz NOT NULL,
    checked_in_at timestamptz,
    checked_out_at timestamptz,
    cancelled_at timestamptz,
    CHECK (checkin < checkout),
    -- One room, one night, one guest: whatever programs believe.
    CONSTRAINT one_guest_a_night EXCLUDE USING gist (
        room_id WITH =, daterange(checkin, checkout) WITH &&
    ) WHERE (room_id IS NOT NULL AND status IN ('CONFIRMED', 'CHECKED_IN'))
);
CREATE INDEX ON hotel_bookings (owner, created_at);
CREATE INDEX ON hotel_bookings (provider, reservation);

-- What restaurants have charged to rooms; each reference, such as a bill's id, once.
CREATE TABLE folio_charges (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    booking_id uuid NOT NULL REFERENCES hotel_bookings,
    reference text NOT NULL,
    description text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    status text NOT NULL,
    posted_as text NOT NULL,
    error text NOT NULL,
    created_at timestamptz NOT NULL,
    posted_at timestamptz,
    voided_at timestamptz,
    UNIQUE (tenant_id, reference)
);
CREATE INDEX ON folio_charges (booking_id);

-- What Cloudbeds has told us, once each.
CREATE TABLE hotel_notices (
    provider text NOT NULL,
    notice text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, notice)
);
CREATE INDEX ON hotel_notices USING brin (at);
