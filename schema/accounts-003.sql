-- Schema 3 of DIR/accounts.db: tokens of machines and peers. What a token may do, and until when, stands in a record of the log (act token_made); a row without
-- one counts for nothing.
CREATE TABLE token (
  hash    BLOB NOT NULL PRIMARY KEY,   -- keyed hash of the token
  id      BLOB NOT NULL,               -- 16 bytes: as the record names it
  account BLOB NOT NULL,
  used    BIGINT NOT NULL              -- about when it was used last, UTC milliseconds; 0 = never
);
-- Serves: throwing away the tokens of an account, saying when each was used.
CREATE INDEX token_of_account ON token (account);
