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
