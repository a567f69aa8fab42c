-- What a stand-in made of a menu's texts is no translation: a company's takes its place.
ALTER TABLE menu_texts ADD COLUMN sandbox boolean NOT NULL DEFAULT false;
