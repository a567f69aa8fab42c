-- What a card company takes in its test mode, or a stand-in does, is no real money, and says so.

ALTER TABLE payments ADD COLUMN sandbox boolean NOT NULL DEFAULT false;
