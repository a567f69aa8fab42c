-- Items whose purchase's money went back are asked for every few seconds: found from the payments
-- that went back whole, which are few, not by reading all items.

CREATE INDEX payments_returned ON payments (id) WHERE refunded = amount + tip;
CREATE INDEX proof_mints_kept ON proof_mints (purpose, (reference::text))
    WHERE NOT revoking AND state IN ('prepared', 'minted');
