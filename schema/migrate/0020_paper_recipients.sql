-- Recipients of a document whom the exchange does not reach, and why.

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
