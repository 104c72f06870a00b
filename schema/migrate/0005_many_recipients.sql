-- What concerns one recipient of thousands is found without reading what concerns the others.

DROP INDEX evidence_by_message;
CREATE INDEX evidence_by_message ON evidence (sender, message_id, recipient);
CREATE INDEX recipients_open ON recipients (package_id)
  WHERE state IN ('accepted', 'held', 'consigned', 'leased');
