-- What a hotel wrote down of its guests is kept for a while after they left (REGISTRATION_DAYS).
CREATE INDEX hotel_bookings_registered ON hotel_bookings (checkout) WHERE registration IS NOT NULL;
