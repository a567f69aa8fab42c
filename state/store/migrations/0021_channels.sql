-- What our kinds of rooms are called at the channels where they are sold too.

CREATE TABLE channel_rooms (
    room_type_id uuid NOT NULL REFERENCES room_types,
    channel text NOT NULL CHECK (channel IN ('booking_com', 'expedia', 'airbnb')),
    property_id text NOT NULL,
    room_id text NOT NULL,
    rate_id text NOT NULL,
    PRIMARY KEY (room_type_id, channel)
);
