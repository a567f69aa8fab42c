"""Redis, the copy that screens read and nodes listen to. Postgres can rebuild all of it."""
