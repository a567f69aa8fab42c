-- What translation leaves behind: on orders, on the menu, and in their readers' history.

ALTER TABLE orders ADD COLUMN note_translation jsonb;
ALTER TABLE order_items ADD COLUMN note_translation jsonb;

-- What a machine made of a menu's texts: kept for good, for a text that changes is another text.
-- What a person has written is with the dish itself, and always wins.
CREATE TABLE menu_texts (
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    language text NOT NULL,
    hash bytea NOT NULL,
    text text NOT NULL,
    engine text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (restaurant_id, language, hash)
);

-- Private texts are never here.
CREATE TABLE translations (
    job_id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    restaurant_id uuid NOT NULL REFERENCES restaurants,
    actor_id text NOT NULL,
    translation jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON translations (actor_id, at);
CREATE INDEX ON translations USING brin (at);
