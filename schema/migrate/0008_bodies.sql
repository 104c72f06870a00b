-- Who else needs a body is asked whenever one is entered or removed.

CREATE INDEX packages_by_body ON packages (cipher_root, station);
