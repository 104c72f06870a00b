-- What is unpublished or unsealed is little, and soon neither: an index of all that ever was, or a
-- second one beside log_index, only has to be written.

DROP INDEX evidence_unpublished;
CREATE INDEX evidence_unpublished ON evidence (id) WHERE published = 0;
DROP INDEX journal_unsealed;
