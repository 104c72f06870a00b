-- Files with macros, scripts, or what starts by itself are flagged to whoever opens them.

ALTER TABLE mail_parts ADD COLUMN active_content BIGINT NOT NULL DEFAULT 0;
