-- 最速件 and 速件 leave the terminal first. What was sealed before has none and keeps its turn.

ALTER TABLE outgoing_packages ADD COLUMN urgency TEXT;
