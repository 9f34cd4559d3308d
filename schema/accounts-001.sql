-- Schema 1 of DIR/accounts.db: secrets of the people who use the register, their sessions, and the log of openings. Not the register: who
-- may do what stands in records of the log (docs/formats/accounts.md). All texts are byte strings; ids are made by the program; times are UTC milliseconds.

-- One row a name: 'schema', 'access_tree' (right edge of the tree over the openings).
CREATE TABLE setting (
  name  BLOB NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
);

-- What an account proves itself with. A row without password cannot sign in with one.
CREATE TABLE secret (
  account  BLOB NOT NULL PRIMARY KEY,  -- 16 bytes: the account of the records
  password BLOB NOT NULL,              -- Argon2id string over the keyed hash of the password; empty = none
  pin      BLOB NOT NULL,              -- the same for the PIN
  totp     BLOB NOT NULL,              -- nonce and sealed seed; empty = none
  step     BIGINT NOT NULL             -- the last time step a code of which was taken: none is taken twice
);

-- Printed codes and one-time links, each used once.
CREATE TABLE code (
  hash    BLOB NOT NULL PRIMARY KEY,   -- keyed hash of account, kind and code
  account BLOB NOT NULL,
  kind    BIGINT NOT NULL,             -- 1 second factor, 2 sign-in link, 3 challenge of a passkey that was used
  expires BIGINT NOT NULL
);
-- Serves: throwing away the codes of an account, counting them.
CREATE INDEX code_of_account ON code (account, kind);

-- Passkeys (WebAuthn credentials).
CREATE TABLE passkey (
  id      BLOB NOT NULL PRIMARY KEY,   -- credential id
  account BLOB NOT NULL,
  public  BLOB NOT NULL,               -- COSE key, as the authenticator wrote it
  counter BIGINT NOT NULL,             -- signature counter: one that does not grow is refused
  name    BLOB NOT NULL,
  created BIGINT NOT NULL
);
-- Serves: passkeys of an account.
CREATE INDEX passkey_of_account ON passkey (account);

-- Browsers that an account has signed in from: they are not made to wait for what strangers do.
CREATE TABLE device (
  hash    BLOB NOT NULL PRIMARY KEY,   -- SHA-256 of the cookie and the account
  account BLOB NOT NULL,
  seen    BIGINT NOT NULL
);

-- Who is signed in.
CREATE TABLE session (
  hash    BLOB NOT NULL PRIMARY KEY,   -- SHA-256 of the cookie
  account BLOB NOT NULL,
  created BIGINT NOT NULL,
  seen    BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  state   BIGINT NOT NULL,             -- enum session_state
  wrong   BIGINT NOT NULL,             -- wrong PINs since it was locked
  purpose BLOB NOT NULL,               -- of the case at hand; empty = none stated
  case_no BLOB NOT NULL,
  glass   BIGINT NOT NULL              -- until when names are open in an emergency; 0 = not
);
-- Serves: ending all sessions of an account.
CREATE INDEX session_of_account ON session (account);

-- The log of openings of personal data, in order. Its tree is of leaves; a pruned row keeps its leaf.
CREATE TABLE opening (
  position BIGINT NOT NULL PRIMARY KEY, -- dense, from 0
  at       BIGINT NOT NULL,
  account  BLOB NOT NULL,
  subject  BLOB NOT NULL,               -- whose names: the firearm; copied from the entry, as is purpose
  purpose  BLOB NOT NULL,
  leaf     BLOB NOT NULL,               -- RFC 6962 leaf hash of entry
  entry    BLOB,                        -- canonical JSON (docs/formats/accounts.md); NULL once pruned
  review   BIGINT NOT NULL              -- 0 not chosen, 1 waits for a reviewer, 2 found proper, 3 found improper
);
-- Serves: who looks too much.
CREATE INDEX opening_by_account ON opening (account, at);
-- Serves: who looked at whom.
CREATE INDEX opening_by_subject ON opening (subject, at);
-- Serves: what waits for a reviewer.
CREATE INDEX opening_review ON opening (review, position);
