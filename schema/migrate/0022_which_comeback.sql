-- Two copies of a centre's store that are brought back in turn may count alike: a reader keeps since
-- when each has forgotten. A terminal keeps which receipt its centre took last, and asks for it.

ALTER TABLE news_cursors ADD COLUMN comeback_since_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE news_cursors ADD COLUMN receipt TEXT NOT NULL DEFAULT '';
ALTER TABLE centre_cursors ADD COLUMN comeback_since_ms BIGINT NOT NULL DEFAULT 0;
