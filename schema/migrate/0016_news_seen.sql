-- Of the last item that was read of a list of news, the SHA-256 of its CMS in hex; empty where it was
-- read before this was kept. A list that has another item there was begun anew.

ALTER TABLE news_cursors ADD COLUMN seen TEXT NOT NULL DEFAULT '';
ALTER TABLE centre_cursors ADD COLUMN seen TEXT NOT NULL DEFAULT '';
