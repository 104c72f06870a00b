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
