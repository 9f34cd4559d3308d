-- What came after schema 2: made beside it in a new register, and added by the first writer to one that lacks it.

-- Rows of document as an import adds them, in no order: in their places, each group of them would touch every page of a table of millions.
-- They are read beside it, and moved into it when they are many and when the import ends. PostgreSQL, which logs rows, needs no such table.
CREATE TABLE IF NOT EXISTS document_waiting (
  token BLOB NOT NULL,
  party BLOB NOT NULL
) STRICT;
