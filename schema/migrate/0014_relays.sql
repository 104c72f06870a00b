-- Between centres: what is handed over to another centre, what was taken over from one, and how far its
-- news was read.

ALTER TABLE packages ADD COLUMN from_centre TEXT;
ALTER TABLE packages ADD COLUMN next_key_blocks TEXT;
ALTER TABLE recipients ADD COLUMN next_centre TEXT;

DROP INDEX recipients_open;
CREATE INDEX recipients_open ON recipients (package_id)
  WHERE state IN ('accepted', 'held', 'forwarding', 'offered', 'consigned', 'leased');

CREATE TABLE relays (
  package_id TEXT NOT NULL REFERENCES packages (id),
  centre TEXT NOT NULL,
  state TEXT NOT NULL,
  urgency_rank BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  since_ms BIGINT NOT NULL,
  recipient_count BIGINT NOT NULL,
  leaves_sha256 TEXT NOT NULL,
  PRIMARY KEY (package_id, centre)
);
CREATE INDEX relays_by_due ON relays (centre, state, due_ms);

CREATE TABLE takeovers (
  id TEXT NOT NULL PRIMARY KEY,
  centre TEXT NOT NULL,
  sender TEXT NOT NULL,
  message_id TEXT NOT NULL,
  header_sha256 TEXT NOT NULL,
  leaves_sha256 TEXT NOT NULL,
  offer TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  created_ms BIGINT NOT NULL,
  UNIQUE (sender, message_id)
);

CREATE TABLE relayed_withdrawals (
  id TEXT NOT NULL PRIMARY KEY,
  package_id TEXT NOT NULL REFERENCES packages (id),
  centre TEXT NOT NULL,
  withdrawal TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  due_ms BIGINT NOT NULL
);
CREATE INDEX relayed_withdrawals_by_due ON relayed_withdrawals (centre, state, due_ms);

CREATE TABLE centre_cursors (
  centre TEXT NOT NULL PRIMARY KEY,
  sequence BIGINT NOT NULL
);
