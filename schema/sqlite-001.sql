-- Schema 1 of the SQLite engine: the base tables, in DIR/register.db. The register itself; nothing here is ever updated or recreated.
-- All texts are byte strings (BLOB) so that ordering is binary; ids are made by the program.

-- One row: what this data directory is.
CREATE TABLE meta (
  name  BLOB NOT NULL PRIMARY KEY,  -- 'schema', 'origin', 'profile' (active profile hash), 'tree', 'index', 'derived_file' (docs/formats/derived-file.md)
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The log: every record, in the order in which this node had it.
CREATE TABLE record (
  position INTEGER NOT NULL PRIMARY KEY, -- dense, from 0
  received INTEGER NOT NULL,             -- UTC milliseconds; own records: when they were recorded
  id       BLOB NOT NULL,                -- RFC 6962 leaf hash of bytes
  bytes    BLOB NOT NULL                 -- the record, exactly (docs/formats/record.md)
) STRICT;

-- Profiles by the hash that records cite.
CREATE TABLE profile (
  hash  BLOB NOT NULL PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;
