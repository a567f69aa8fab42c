-- An item of a purchase whose money went back is revoked: the states are then those of that.

ALTER TABLE proof_mints ADD revoking boolean NOT NULL DEFAULT false;
