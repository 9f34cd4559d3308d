-- Schema 1 of the PostgreSQL engine: the tables of sqlite-001.sql, column for column, and those that let several processes write.
-- All texts are byte strings (BYTEA) so that ordering is binary whatever the collation; ids are made by the program; no sequence, no
-- foreign key, no trigger: what Citus, YugabyteDB and CockroachDB accept. The first column of each key is the one to distribute by.
-- Each statement can be run again, so that an init that was interrupted is done again.

-- ---- base tables: the register itself; nothing here is ever updated or recreated ----

-- One row: what this register is.
CREATE TABLE IF NOT EXISTS meta (
  name  BYTEA NOT NULL PRIMARY KEY,  -- 'schema', 'origin', 'profile' (active profile hash), 'tree', 'index'
  value BYTEA NOT NULL
);

-- The log: every record, in the order in which this register had it.
CREATE TABLE IF NOT EXISTS record (
  position BIGINT NOT NULL PRIMARY KEY, -- dense, from 0
  received BIGINT NOT NULL,             -- UTC milliseconds; own records: when they were recorded
  id       BYTEA NOT NULL,              -- RFC 6962 leaf hash of bytes
  bytes    BYTEA NOT NULL               -- the record, exactly (docs/formats/record.md)
);

-- Profiles by the hash that records cite.
CREATE TABLE IF NOT EXISTS profile (
  hash  BYTEA NOT NULL PRIMARY KEY,
  bytes BYTEA NOT NULL
);

-- ---- who writes ----

-- One row, 'writer': the process that gives positions (src/store/lease.h).
CREATE TABLE IF NOT EXISTS lease (
  name   BYTEA NOT NULL PRIMARY KEY,
  epoch  BIGINT NOT NULL,               -- grows with each holder
  holder BYTEA NOT NULL,                -- for people: process and host
  until  BIGINT NOT NULL,               -- by the clock of the database, UTC milliseconds
  wanted BIGINT NOT NULL                -- sequencers stand back until then
);

-- Records that writers committed side by side and that have no position yet (src/ledger/sequence.h). Served in the order of
-- received, batch, number; short, since the sequencer empties it.
CREATE TABLE IF NOT EXISTS staged (
  batch    BYTEA NOT NULL,              -- 16 random bytes: what one writer commits at once
  number   BIGINT NOT NULL,             -- within the batch, from 0
  received BIGINT NOT NULL,             -- as in record
  decided  BIGINT NOT NULL,             -- 1: only while the heads of the subject are those in the record's header
  bytes    BYTEA NOT NULL,              -- the record
  PRIMARY KEY (batch, number)
);

-- What became of each batch, for the writer who waits. Kept for a day, so that a batch that is staged twice is not taken twice.
CREATE TABLE IF NOT EXISTS sequenced (
  batch BYTEA NOT NULL PRIMARY KEY,
  first BIGINT NOT NULL,                -- position of its first record; -1 the heads had moved, -2 no record of this register
  at    BIGINT NOT NULL                 -- UTC milliseconds, by the sequencer's clock
);

-- ---- derived tables: recreated by `athar rebuild`; ids, codes and dates only, marks and names stay sealed in records ----

-- One row, 'records': how many records of the log these tables cover. Local to this register: no part of the dump.
CREATE TABLE IF NOT EXISTS covered (
  name  BYTEA NOT NULL PRIMARY KEY,
  value BYTEA NOT NULL
);

-- The present state of each firearm.
CREATE TABLE IF NOT EXISTS item (
  subject     BYTEA NOT NULL PRIMARY KEY, -- 16 bytes
  status      BIGINT NOT NULL,            -- enum item_status
  owner       BYTEA,                      -- party ids, NULL = none known
  possessor   BYTEA,
  custodian   BYTEA,
  make        BIGINT NOT NULL,            -- term numbers, 0 = not known
  calibre     BIGINT NOT NULL,
  type        BIGINT NOT NULL,
  country     BIGINT NOT NULL,
  year        BIGINT NOT NULL,
  model       BIGINT NOT NULL,            -- hash of the folded model text
  flags       BIGINT NOT NULL,            -- 1 owned by the State, 2 contradiction, 4 in the State's hands, 8 abroad
  first_at    BIGINT NOT NULL,            -- first and last happened, UTC milliseconds
  last_at     BIGINT NOT NULL,
  heads       BYTEA NOT NULL              -- record ids that no other record of the item builds on, 32 bytes each
);

-- Which records speak of which firearm or permit. Serves: a subject's life.
CREATE TABLE IF NOT EXISTS item_record (
  subject  BYTEA NOT NULL,
  record   BYTEA NOT NULL,              -- record id
  position BIGINT NOT NULL,             -- where it lies in the log; not part of the canonical dump
  PRIMARY KEY (subject, record)
);

-- Where a record lies, by the first 8 bytes of its id. Serves: a record's page. No part of the dump.
CREATE TABLE IF NOT EXISTS record_at (
  prefix   BIGINT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (prefix, position)
);

-- Who held what in which role, ever. Serves: all firearms of a holder.
CREATE TABLE IF NOT EXISTS holding (
  party   BYTEA NOT NULL,
  subject BYTEA NOT NULL,
  role    BIGINT NOT NULL,              -- 1 owner 2 possessor 3 custodian 4 found with
  since   BIGINT NOT NULL,              -- happened of the first record that says so
  current BIGINT NOT NULL,              -- 1 when it is so now
  PRIMARY KEY (party, subject, role)
);

-- Rows of imported files: what was read last for each row key. Serves: re-import.
CREATE TABLE IF NOT EXISTS claim (
  claim   BYTEA NOT NULL PRIMARY KEY,   -- 16 bytes: keyed hash of source, row key, occurrence
  digest  BYTEA NOT NULL,               -- 16 bytes: of the row
  subject BYTEA NOT NULL                -- the subject whose records hold the row
);

-- Outside numbers (claims by a source), as a keyed blind index. Serves: `trace ID`.
CREATE TABLE IF NOT EXISTS external (
  token   BYTEA NOT NULL,               -- 16 bytes: keyed hash of the number
  subject BYTEA NOT NULL,
  PRIMARY KEY (token, subject)
);

-- The present state of each permit.
CREATE TABLE IF NOT EXISTS permit (
  subject BYTEA NOT NULL PRIMARY KEY,
  holder  BYTEA,
  state   BIGINT NOT NULL,              -- 1 granted, 2 ended, 3 suspended by an order
  granted BIGINT NOT NULL,
  ended   BIGINT NOT NULL
);
