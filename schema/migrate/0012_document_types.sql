-- What was sent is counted by its type. Of what was sealed before, nobody wrote it down.

ALTER TABLE sendings ADD COLUMN document_type TEXT NOT NULL DEFAULT '';
