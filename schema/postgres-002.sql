-- What came after schema 1, as sqlite-002.sql: made beside it in a new register, and added by the first writer to one that lacks it.

-- Document numbers of persons, as a keyed blind index. Serves: a person by an exact number. Not derived and no part of a dump: rows of
-- an erased person go with him. Written with the record that first names the person.
CREATE TABLE IF NOT EXISTS document (
  token BYTEA NOT NULL,                 -- 16 bytes: keyed hash of the folded number (docs/formats/keys.md)
  party BYTEA NOT NULL,
  PRIMARY KEY (token, party)
);
