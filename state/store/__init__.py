"""Postgres, the record that lasts: a file a subject; the caller owns the transaction."""
