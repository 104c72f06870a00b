-- Recipients that are often written to, under a name; a version never changes.

CREATE TABLE recipient_groups (
  owner TEXT NOT NULL,                 -- '' : shared by the whole agency
  name TEXT NOT NULL,
  version BIGINT NOT NULL,
  person TEXT NOT NULL,
  made_ms BIGINT NOT NULL,
  members TEXT NOT NULL,               -- codes; '' : removed
  PRIMARY KEY (owner, name, version)
);
