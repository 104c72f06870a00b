-- What the sender did about recipients who have not confirmed.

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
