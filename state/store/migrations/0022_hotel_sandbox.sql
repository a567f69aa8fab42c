-- Bookings that a stand-in took: nobody waits for their guests.

ALTER TABLE hotel_bookings ADD COLUMN sandbox boolean NOT NULL DEFAULT false;
