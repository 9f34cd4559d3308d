-- Schema 2 of DIR/accounts.db: entries that are not sent yet. A step from schema 1 (src/store/upgrade.h).

-- What an officer has typed so far, sealed with a key of the directory; gone when it is recorded, thrown away, or 14 days old.
CREATE TABLE IF NOT EXISTS draft (
  id      BLOB NOT NULL PRIMARY KEY,   -- 16 bytes: also the key by which a record that was sent twice is known again
  account BLOB NOT NULL,
  kind    BLOB NOT NULL,               -- of the record
  changed BIGINT NOT NULL,
  sealed  BLOB NOT NULL                -- nonce and sealed canonical JSON: name of a field to what was typed
);
-- Serves: the unfinished entries of an account.
CREATE INDEX IF NOT EXISTS draft_of_account ON draft (account, changed);
