-- What a readiness check writes, to show that the database keeps it.

CREATE TABLE probes (
  name TEXT NOT NULL PRIMARY KEY,
  probed_ms BIGINT NOT NULL
);
