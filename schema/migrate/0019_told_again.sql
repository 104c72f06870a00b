-- What a centre forgot, because its store came back from an older copy, is told to it again by those
-- who hold it: how often that happened here, how often it had at a centre whose news is read, and
-- what is still to be told. Sealed bodies are kept for it until all recipients are at their end.

CREATE TABLE comebacks (
  count BIGINT NOT NULL PRIMARY KEY,
  since_ms BIGINT NOT NULL
);

CREATE TABLE tellings (
  centre TEXT NOT NULL,
  sender TEXT NOT NULL,
  message_id TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  PRIMARY KEY (centre, sender, message_id)
);
CREATE INDEX tellings_by_due ON tellings (centre, due_ms);

ALTER TABLE news_cursors ADD COLUMN comebacks BIGINT NOT NULL DEFAULT 0;
ALTER TABLE centre_cursors ADD COLUMN comebacks BIGINT NOT NULL DEFAULT 0;

ALTER TABLE outgoing_packages ADD COLUMN body_kept SMALLINT NOT NULL DEFAULT 0;
UPDATE outgoing_packages SET body_kept = 1 WHERE state IN ('sealed', 'submitting');
CREATE INDEX outgoing_bodies ON outgoing_packages (message_id) WHERE body_kept = 1;
