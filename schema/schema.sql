-- The present schema, as all of migrate/ together make it (tests/schema_test.cc proves it). One text
-- for SQLite and PostgreSQL: TEXT, BIGINT (times in milliseconds: *_ms), SMALLINT for flags with
-- CHECK (x IN (0, 1)); every PRIMARY KEY column also NOT NULL. Change it by a new file in migrate/
-- and the same change here; published files stay as they are (tests/schema_hashes.txt).

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
CREATE INDEX journal_unsealed ON journal (id) WHERE log_index IS NULL;
