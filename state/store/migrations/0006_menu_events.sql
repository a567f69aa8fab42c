-- Joins and menus tell which event of a restaurant's log was the last about its menu.
CREATE INDEX events_menu ON events (restaurant_id, seq) WHERE name LIKE 'menu:%';
