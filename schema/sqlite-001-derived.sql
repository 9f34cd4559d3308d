-- Schema 1 of the SQLite engine: the derived tables, in DIR/derived-N.db (docs/formats/derived-file.md). Recreated by `athar rebuild`; ids,
-- codes and dates only, marks and names stay sealed in records. Each has its primary key first and no rowid: whole tables are also written
-- by src/store/sqlite_build.c, which knows no other kind.

-- How far the tables follow the log. Serves: every start, every reader that follows.
CREATE TABLE covered (
  name  BLOB NOT NULL PRIMARY KEY,  -- 'records', 'stamp'
  value BLOB NOT NULL               -- of the log, from its beginning, decimal; of the program that derived, hexadecimal
) STRICT, WITHOUT ROWID;

-- The present state of each firearm.
CREATE TABLE item (
  subject     BLOB NOT NULL PRIMARY KEY,  -- 16 bytes
  status      INTEGER NOT NULL,           -- enum item_status
  owner       BLOB,                       -- party ids, NULL = none known
  possessor   BLOB,
  custodian   BLOB,
  make        INTEGER NOT NULL,           -- term numbers, 0 = not known
  calibre     INTEGER NOT NULL,
  type        INTEGER NOT NULL,
  country     INTEGER NOT NULL,
  year        INTEGER NOT NULL,
  model       INTEGER NOT NULL,           -- hash of the folded model text
  flags       INTEGER NOT NULL,           -- 1 owned by the State, 2 contradiction, 4 in the State's hands, 8 abroad
  first_at    INTEGER NOT NULL,           -- first and last happened, UTC milliseconds
  last_at     INTEGER NOT NULL,
  heads       BLOB NOT NULL               -- record ids that no other record of the item builds on, 32 bytes each
) STRICT, WITHOUT ROWID;

-- Which records speak of which firearm or permit. Serves: a subject's life.
CREATE TABLE item_record (
  subject  BLOB NOT NULL,
  record   BLOB NOT NULL,               -- record id
  position INTEGER NOT NULL,            -- where it lies in this node's log; not part of the canonical dump
  PRIMARY KEY (subject, record)
) STRICT, WITHOUT ROWID;

-- Where a record lies, by the first 8 bytes of its id. Serves: a record's page. Local to this node: no part of the dump.
CREATE TABLE record_at (
  prefix   INTEGER NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (prefix, position)
) STRICT, WITHOUT ROWID;

-- Who held what in which role, ever. Serves: all firearms of a holder.
CREATE TABLE holding (
  party   BLOB NOT NULL,
  subject BLOB NOT NULL,
  role    INTEGER NOT NULL,             -- 1 owner 2 possessor 3 custodian 4 found with
  since   INTEGER NOT NULL,             -- happened of the first record that says so
  current INTEGER NOT NULL,             -- 1 when it is so now
  PRIMARY KEY (party, subject, role)
) STRICT, WITHOUT ROWID;

-- Rows of imported files: what was read last for each row key. Serves: re-import.
CREATE TABLE claim (
  claim   BLOB NOT NULL PRIMARY KEY,    -- 16 bytes: keyed hash of source, row key, occurrence
  digest  BLOB NOT NULL,                -- 16 bytes: of the row
  subject BLOB NOT NULL                 -- the subject whose records hold the row
) STRICT, WITHOUT ROWID;

-- Outside numbers (claims by a source), as a keyed blind index. Serves: `trace ID`.
CREATE TABLE external (
  token   BLOB NOT NULL,                -- 16 bytes: keyed hash of the number
  subject BLOB NOT NULL,
  PRIMARY KEY (token, subject)
) STRICT, WITHOUT ROWID;

-- The present state of each permit.
CREATE TABLE permit (
  subject BLOB NOT NULL PRIMARY KEY,
  holder  BLOB,
  state   INTEGER NOT NULL,             -- 1 granted, 2 ended, 3 suspended by an order
  granted INTEGER NOT NULL,
  ended   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
