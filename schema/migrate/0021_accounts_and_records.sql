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
