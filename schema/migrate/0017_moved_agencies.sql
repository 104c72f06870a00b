-- Which centre has a mail in its inbox: after an agency has moved there are two for a while. Empty:
-- from before that was kept.

ALTER TABLE mails ADD COLUMN centre TEXT NOT NULL DEFAULT '';
