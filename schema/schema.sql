-- The present schema: what schema/migrate gives, in one piece. tests/schema_test holds the two equal.

-- The journal (ground/journal): one row for each event that an auditor may ask about. Rows are
-- written with what they tell of, never changed, and later sealed into the Merkle log.
CREATE TABLE journal (
  id TEXT NOT NULL PRIMARY KEY,        -- UUIDv7
  at_ms BIGINT NOT NULL,
  event TEXT NOT NULL,                 -- ground/journal/events.h
  outcome TEXT NOT NULL CHECK (outcome IN ('success', 'refusal')),
  entry TEXT NOT NULL,                 -- canonical JSON, the bytes that the log seals
  log_index BIGINT NULL UNIQUE         -- NULL until sealed
);

CREATE INDEX journal_by_time ON journal (at_ms, id);

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
  malware TEXT,                        -- that its scanner found in it
  from_centre TEXT,                    -- that handed it over
  next_key_blocks TEXT,                -- of the scanners of centres that it goes on to, by centre
  UNIQUE (sender, message_id)
);
CREATE INDEX packages_by_station ON packages (station, due_ms);
CREATE INDEX packages_by_body ON packages (cipher_root, station);
CREATE INDEX packages_by_document ON packages (sender, document_id);

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
  next_centre TEXT,                    -- to which it is or was relayed
  UNIQUE (package_id, org_code, unit_code)
);
CREATE INDEX recipients_by_due ON recipients (state, due_ms);
CREATE INDEX recipients_by_org ON recipients (org_code, state);
CREATE INDEX recipients_open ON recipients (package_id)
  WHERE state IN ('accepted', 'held', 'forwarding', 'offered', 'consigned', 'leased');

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
CREATE INDEX evidence_by_message ON evidence (sender, message_id, recipient);
CREATE INDEX evidence_unpublished ON evidence (id) WHERE published = 0;

CREATE TABLE news (
  org_code TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  evidence_id TEXT NOT NULL REFERENCES evidence (id),
  delivery_id TEXT,
  PRIMARY KEY (org_code, sequence)
);

-- Between centres: what is handed over to another centre (relays), what was taken over from one
-- (takeovers), withdrawals that follow what was handed over, how far another centre's news was read.

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
  sequence BIGINT NOT NULL,
  seen TEXT NOT NULL DEFAULT '',       -- SHA-256 of the CMS that was read there
  comebacks BIGINT NOT NULL DEFAULT 0, -- how often its store had come back from an older copy,
  comeback_since_ms BIGINT NOT NULL DEFAULT 0  -- and since when the last one may have forgotten
);

-- How often this store came back from an older copy, and from when on it may have forgotten.
CREATE TABLE comebacks (
  count BIGINT NOT NULL PRIMARY KEY,
  since_ms BIGINT NOT NULL
);

-- What is to be told again to a centre that may have forgotten it; terminals have these too.
CREATE TABLE tellings (
  centre TEXT NOT NULL,
  sender TEXT NOT NULL,
  message_id TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  PRIMARY KEY (centre, sender, message_id)
);
CREATE INDEX tellings_by_due ON tellings (centre, due_ms);

-- The terminal: what is being sent (發文匣), what was received (收文匣), and what the centre must
-- still be told. Binary is base64 TEXT; times are UTC milliseconds.

CREATE TABLE sendings (
  id TEXT NOT NULL PRIMARY KEY,
  application_key TEXT NOT NULL UNIQUE,
  order_sha256 TEXT NOT NULL,
  sending_order TEXT NOT NULL,
  person TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  detail TEXT NOT NULL,
  issues TEXT NOT NULL,
  subject TEXT NOT NULL,
  document_number TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  document_type TEXT NOT NULL DEFAULT ''
);
CREATE INDEX sendings_by_due ON sendings (state, due_ms);

CREATE TABLE outgoing_packages (
  message_id TEXT NOT NULL PRIMARY KEY,
  document_id TEXT NOT NULL REFERENCES sendings (id),
  pair BIGINT NOT NULL,
  with_attachments SMALLINT NOT NULL CHECK (with_attachments IN (0, 1)),
  envelope TEXT NOT NULL,
  header_sha256 TEXT NOT NULL,
  cipher_root TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  detail TEXT NOT NULL,
  submission TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  sealed_ms BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  urgency TEXT,
  body_kept SMALLINT NOT NULL DEFAULT 0
);
CREATE INDEX outgoing_packages_by_document ON outgoing_packages (document_id);
CREATE INDEX outgoing_packages_by_due ON outgoing_packages (state, due_ms);
CREATE INDEX outgoing_bodies ON outgoing_packages (message_id) WHERE body_kept = 1;

CREATE TABLE outgoing_recipients (
  message_id TEXT NOT NULL REFERENCES outgoing_packages (message_id),
  org_code TEXT NOT NULL,
  unit_code TEXT NOT NULL,
  copy_kind TEXT NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  detail TEXT NOT NULL,
  since_ms BIGINT NOT NULL,
  PRIMARY KEY (message_id, org_code, unit_code)
);
CREATE INDEX outgoing_recipients_by_state ON outgoing_recipients (state, since_ms);

CREATE TABLE document_numbers (
  sender TEXT NOT NULL,
  year TEXT NOT NULL,
  document_number TEXT NOT NULL,
  document_id TEXT NOT NULL,
  PRIMARY KEY (sender, year, document_number)
);

CREATE TABLE mails (
  id TEXT NOT NULL PRIMARY KEY,
  sender TEXT NOT NULL,
  message_id TEXT NOT NULL,
  org_code TEXT NOT NULL,
  unit_code TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  detail TEXT NOT NULL,
  since_ms BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  lease_key TEXT NOT NULL,
  lease_id TEXT,
  fencing BIGINT NOT NULL,
  consigned_ms BIGINT NOT NULL,
  document_id TEXT,
  accepted_ms BIGINT,
  received_ms BIGINT,
  urgency TEXT,
  subject TEXT NOT NULL,
  document_number TEXT NOT NULL,
  document_type TEXT NOT NULL,
  secrecy TEXT NOT NULL,
  person TEXT NOT NULL,
  note TEXT NOT NULL,
  consignment_sha256 TEXT,
  centre TEXT NOT NULL DEFAULT '',     -- that has it in its inbox
  UNIQUE (sender, message_id, org_code, unit_code)
);
CREATE INDEX mails_by_due ON mails (state, due_ms);

CREATE TABLE mail_parts (
  mail_id TEXT NOT NULL REFERENCES mails (id),
  position BIGINT NOT NULL,
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  kind TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  active_content BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (mail_id, position)
);

-- The replay register: kept for ever.
CREATE TABLE seen_messages (
  sender TEXT NOT NULL,
  message_id TEXT NOT NULL,
  header_sha256 TEXT NOT NULL,
  seen_ms BIGINT NOT NULL,
  PRIMARY KEY (sender, message_id)
);

CREATE TABLE news_cursors (
  name TEXT NOT NULL PRIMARY KEY,
  sequence BIGINT NOT NULL,
  seen TEXT NOT NULL DEFAULT '',
  comebacks BIGINT NOT NULL DEFAULT 0,
  comeback_since_ms BIGINT NOT NULL DEFAULT 0,
  receipt TEXT NOT NULL DEFAULT ''     -- SHA-256 of the last E or F evidence that the centre took
);

CREATE TABLE hand_ins (
  evidence_id TEXT NOT NULL PRIMARY KEY REFERENCES evidence (id),
  mail_id TEXT NOT NULL REFERENCES mails (id),
  kind TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  reason TEXT,
  detail TEXT NOT NULL,
  done SMALLINT NOT NULL CHECK (done IN (0, 1))
);
CREATE INDEX hand_ins_by_due ON hand_ins (done, due_ms);

-- The terminal: files that are still arriving, before they are handed in as a sending.

CREATE TABLE drafts (
  id TEXT NOT NULL PRIMARY KEY,
  created_ms BIGINT NOT NULL
);

CREATE TABLE draft_files (
  draft_id TEXT NOT NULL REFERENCES drafts (id),
  name TEXT NOT NULL,
  partial TEXT NOT NULL,
  sha256 TEXT,
  PRIMARY KEY (draft_id, name)
);

-- The terminal: what the sender did about recipients who have not confirmed.

CREATE TABLE follow_ups (
  id TEXT NOT NULL PRIMARY KEY,
  message_id TEXT NOT NULL,
  org_code TEXT NOT NULL,
  unit_code TEXT NOT NULL,
  kind TEXT NOT NULL,
  person TEXT NOT NULL,
  note TEXT NOT NULL,
  done_ms BIGINT NOT NULL,
  FOREIGN KEY (message_id, org_code, unit_code)
    REFERENCES outgoing_recipients (message_id, org_code, unit_code)
);
CREATE INDEX follow_ups_by_recipient ON follow_ups (message_id, org_code, unit_code);
CREATE INDEX follow_ups_by_time ON follow_ups (kind, done_ms);

-- What a readiness check writes, to show that the database keeps it.

CREATE TABLE probes (
  name TEXT NOT NULL PRIMARY KEY,
  probed_ms BIGINT NOT NULL
);


CREATE TABLE recipient_groups (
  owner TEXT NOT NULL,                 -- '' : shared by the whole agency
  name TEXT NOT NULL,
  version BIGINT NOT NULL,
  person TEXT NOT NULL,
  made_ms BIGINT NOT NULL,
  members TEXT NOT NULL,               -- codes; '' : removed
  PRIMARY KEY (owner, name, version)
);

-- A centre: time-stamps over checkpoints of its log. A terminal: what shows that the evidence that it
-- holds stands in the centre's log, and what it still waits for.

CREATE TABLE log_stamps (
  tree_size BIGINT NOT NULL,
  authority TEXT NOT NULL,
  checkpoint TEXT NOT NULL,
  witnessed SMALLINT NOT NULL CHECK (witnessed IN (0, 1)),
  token TEXT NOT NULL,
  stamped_ms BIGINT NOT NULL,
  PRIMARY KEY (tree_size, authority)
);

CREATE TABLE evidence_proofs (
  evidence_id TEXT NOT NULL PRIMARY KEY REFERENCES evidence (id),
  taken_ms BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  reason TEXT,
  detail TEXT NOT NULL,
  overdue SMALLINT NOT NULL CHECK (overdue IN (0, 1)),
  proof TEXT,
  done SMALLINT NOT NULL CHECK (done IN (0, 1))
);
CREATE INDEX evidence_proofs_by_due ON evidence_proofs (done, due_ms);

CREATE TABLE paper_recipients (
  document_id TEXT NOT NULL REFERENCES sendings (id),
  position BIGINT NOT NULL,            -- as the document has them
  pair BIGINT NOT NULL,
  org_code TEXT NOT NULL,              -- '' : named without a code
  unit_code TEXT NOT NULL,
  name TEXT NOT NULL,
  copy_kind TEXT NOT NULL,
  cause TEXT NOT NULL,
  since_ms BIGINT NOT NULL,
  PRIMARY KEY (document_id, position)
);
CREATE INDEX paper_recipients_by_time ON paper_recipients (since_ms);

-- People who log in, and what duties are made of: facts, obligations, cases, decisions by two.

CREATE TABLE accounts (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,           -- also of closed accounts: no name is used again
  person TEXT NOT NULL,
  scope TEXT NOT NULL,
  roles TEXT NOT NULL,                 -- in order, with one blank between them
  opened_ms BIGINT NOT NULL,
  closed_ms BIGINT,
  failures BIGINT NOT NULL,
  failed_ms BIGINT NOT NULL,
  totp TEXT,                           -- sealed
  totp_step BIGINT NOT NULL            -- the last one that counted
);

CREATE TABLE account_passwords (
  account_id TEXT NOT NULL REFERENCES accounts (id),
  number BIGINT NOT NULL,
  hash TEXT NOT NULL,
  set_ms BIGINT NOT NULL,
  PRIMARY KEY (account_id, number)
);

CREATE TABLE account_certificates (
  sha256 TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  registered_ms BIGINT NOT NULL,
  removed_ms BIGINT
);

CREATE TABLE recovery_tokens (
  token_sha256 TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  until_ms BIGINT NOT NULL,
  spent_ms BIGINT                      -- used, or another was given
);
CREATE INDEX recovery_tokens_by_account ON recovery_tokens (account_id);

CREATE TABLE sessions (
  token_sha256 TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  made_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account_id);

CREATE TABLE facts (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  value TEXT NOT NULL,                 -- canonical JSON
  reporter TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  so_ms BIGINT NOT NULL,
  recorded_ms BIGINT NOT NULL,
  sha256 TEXT NOT NULL,                -- of the statement
  certificate_sha256 TEXT,             -- who signed it; NULL: the reporter was logged in
  scheme TEXT,
  signature TEXT,
  UNIQUE (reporter, sequence)
);
CREATE INDEX facts_by_subject ON facts (kind, subject, so_ms);

CREATE TABLE obligations (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  period TEXT NOT NULL,
  owner TEXT NOT NULL,
  layer TEXT NOT NULL,
  cause TEXT NOT NULL CHECK (cause IN ('calendar', 'event')),
  cause_id TEXT NOT NULL,
  opened_ms BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'late', 'done')),
  escalated_to TEXT,
  done_ms BIGINT,
  proof_kind TEXT,
  proof_id TEXT,
  UNIQUE (kind, subject, period)
);
CREATE INDEX obligations_by_due ON obligations (state, due_ms);
CREATE INDEX obligations_by_owner ON obligations (owner, due_ms);

CREATE TABLE obligation_reminders (
  obligation_id TEXT NOT NULL REFERENCES obligations (id),
  days_before BIGINT NOT NULL,
  told_ms BIGINT NOT NULL,
  PRIMARY KEY (obligation_id, days_before)
);

CREATE TABLE cases (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  edition TEXT NOT NULL,               -- of the regulation
  subject TEXT NOT NULL,
  owner TEXT NOT NULL,
  state TEXT NOT NULL,
  version BIGINT NOT NULL,
  opened_ms BIGINT NOT NULL,
  changed_ms BIGINT NOT NULL
);
CREATE INDEX cases_by_state ON cases (kind, state, changed_ms);
CREATE INDEX cases_by_owner ON cases (owner, changed_ms);

CREATE TABLE case_steps (
  case_id TEXT NOT NULL REFERENCES cases (id),
  version BIGINT NOT NULL,             -- that it made
  step TEXT NOT NULL,                  -- '' : opened
  state TEXT NOT NULL,                 -- that it led to
  form TEXT NOT NULL,                  -- as it stood then, canonical JSON
  person TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  decision_id TEXT,
  PRIMARY KEY (case_id, version)
);

CREATE TABLE case_attachments (
  case_id TEXT NOT NULL REFERENCES cases (id),
  version BIGINT NOT NULL,             -- that they came with
  sha256 TEXT NOT NULL,
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  PRIMARY KEY (case_id, sha256)
);

CREATE TABLE decisions (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  digest TEXT NOT NULL,                -- of what is decided
  content TEXT NOT NULL,               -- canonical JSON
  needed_role TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  proposed_ms BIGINT NOT NULL,
  lapses_ms BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('proposed', 'confirmed', 'refused', 'lapsed', 'used')),
  decided_by TEXT,
  decided_ms BIGINT,
  reason TEXT,
  used_ms BIGINT
);
CREATE INDEX decisions_by_state ON decisions (state, lapses_ms);
