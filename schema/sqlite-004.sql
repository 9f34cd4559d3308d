-- What came after schema 3: rows that wait lie in runs, so that a question looks once into each run instead of at every row.

INSERT INTO document (token, party) SELECT token, party FROM document_waiting WHERE true ORDER BY token, party ON CONFLICT (token, party) DO NOTHING;
DROP TABLE document_waiting;

-- Rows of document as an import adds them, a run a commit: in their places, each group of them would touch every page of a table of millions. Runs go on
-- the end of this one, in order. Serves: a person by an exact number while an import runs. Moved into document when they are many and when the import ends.
-- PostgreSQL, which logs rows, needs no such table.
CREATE TABLE document_waiting (
  run INTEGER NOT NULL,                 -- grows with each commit that adds rows
  token BLOB NOT NULL,                  -- as in document
  party BLOB NOT NULL,
  PRIMARY KEY (run, token, party)
) STRICT, WITHOUT ROWID;
