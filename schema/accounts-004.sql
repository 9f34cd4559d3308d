-- Schema 4 of DIR/accounts.db: which browser a session is in, and what the log of openings is looked through by.

-- As it was when the session began: enum agent_browser and agent_system of src/people/agent.h, 0 = not known. Of what the browser says of itself nothing else is kept.
ALTER TABLE session ADD COLUMN browser BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN system BIGINT NOT NULL DEFAULT 0;

-- Copied from the entry, as subject and purpose are; empty once it is pruned.
ALTER TABLE opening ADD COLUMN office BLOB NOT NULL DEFAULT x'';
ALTER TABLE opening ADD COLUMN case_no BLOB NOT NULL DEFAULT x'';
UPDATE opening SET office = CAST(COALESCE(json_extract(CAST(entry AS TEXT), '$.office'), '') AS BLOB), case_no = CAST(COALESCE(json_extract(CAST(entry AS TEXT), '$.case'), '') AS BLOB)
  WHERE entry IS NOT NULL;
-- Serves: what was opened from a day to a day, newest first.
CREATE INDEX opening_by_time ON opening (at, position);
-- Serves: what was opened by an office, in a case, for a purpose.
CREATE INDEX opening_by_office ON opening (office, at);
CREATE INDEX opening_by_case ON opening (case_no, at);
CREATE INDEX opening_by_purpose ON opening (purpose, at);
