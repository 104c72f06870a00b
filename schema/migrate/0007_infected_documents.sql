-- What was found in one package of a document is known when its other packages come by.

ALTER TABLE packages ADD COLUMN malware TEXT;
UPDATE packages SET malware = '' WHERE station = 'held' AND reason = 'infected';
CREATE INDEX packages_by_document ON packages (sender, document_id);
