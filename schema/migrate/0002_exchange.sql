-- The exchange: what was submitted, where each document stands, what is proven about it.
-- Binary is base64 TEXT; times are UTC milliseconds.

CREATE TABLE submissions (
  id TEXT NOT NULL PRIMARY KEY,
  org_code TEXT NOT NULL,
  application_id TEXT NOT NULL,
  header_sha256 TEXT NOT NULL,
  envelope TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  created_ms BIGINT NOT NULL,
  UNIQUE (org_code, application_id)
);

CREATE TABLE packages (
  id TEXT NOT NULL PRIMARY KEY,
  sender TEXT NOT NULL,
  message_id TEXT NOT NULL,
  document_id TEXT NOT NULL,
  header_sha256 TEXT NOT NULL,
  header TEXT NOT NULL,
  groups TEXT NOT NULL,
  scanner_key_block TEXT NOT NULL,
  cipher_root TEXT NOT NULL,
  body_bytes BIGINT NOT NULL,
  recipient_count BIGINT NOT NULL,
  urgency_rank BIGINT NOT NULL,
  source_address TEXT NOT NULL,
  station TEXT NOT NULL,
  reason TEXT,
  attempts BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  accepted_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  UNIQUE (sender, message_id)
);
CREATE INDEX packages_by_station ON packages (station, due_ms);

CREATE TABLE recipients (
  id TEXT NOT NULL PRIMARY KEY,
  package_id TEXT NOT NULL REFERENCES packages (id),
  leaf_index BIGINT NOT NULL,
  org_code TEXT NOT NULL,
  unit_code TEXT NOT NULL,
  leaf TEXT NOT NULL,
  path TEXT NOT NULL,
  key_blocks TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  since_ms BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  lease_id TEXT,
  lease_key TEXT,
  lease_terminal TEXT,
  lease_until_ms BIGINT NOT NULL,
  fencing BIGINT NOT NULL,
  fetched_bytes BIGINT NOT NULL,
  UNIQUE (package_id, org_code, unit_code)
);
CREATE INDEX recipients_by_due ON recipients (state, due_ms);
CREATE INDEX recipients_by_org ON recipients (org_code, state);

CREATE TABLE evidence (
  id TEXT NOT NULL PRIMARY KEY,
  sender TEXT NOT NULL,
  message_id TEXT NOT NULL,
  recipient TEXT NOT NULL,
  kind TEXT NOT NULL,
  statement TEXT NOT NULL,
  sha256 TEXT NOT NULL UNIQUE,
  cms TEXT,
  superseded SMALLINT NOT NULL CHECK (superseded IN (0, 1)),
  log_index BIGINT,
  published SMALLINT NOT NULL CHECK (published IN (0, 1)),
  created_ms BIGINT NOT NULL
);
CREATE INDEX evidence_by_message ON evidence (sender, message_id);
CREATE INDEX evidence_unpublished ON evidence (published, id);

CREATE TABLE news (
  org_code TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  evidence_id TEXT NOT NULL REFERENCES evidence (id),
  delivery_id TEXT,
  PRIMARY KEY (org_code, sequence)
);
