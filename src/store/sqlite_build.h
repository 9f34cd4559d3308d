/* Whole tables written as pages of SQLite's file format, without SQLite: sorted rows fill each page once, from left to right, which
 * costs a tenth of inserting them. Private to the SQLite engine.
 *
 * Source: "Database File Format" (sqlite.org/fileformat2.html), sections 1.3 (header), 1.5 (freelist), 1.6 (b-tree pages), 2.1 (records),
 * 2.4 (WITHOUT ROWID tables are index b-trees whose key is the row, primary key first). Held to SQLite's own `PRAGMA integrity_check`
 * and to what SQL reads back (tests/unit/test_sqlite_build.c). */
#ifndef STORE_SQLITE_BUILD_H
#define STORE_SQLITE_BUILD_H
#include "store/engine.h"

#define SQLITE_BUILD_PAGE 16384u /* bytes; the file's page size */
#define SQLITE_BUILD_TABLES 16

struct build_table {
    const struct load *rows;
    uint32_t root; /* page of the empty table */
};
/* path: a database that SQLite made and that nobody has open, with pages of SQLITE_BUILD_PAGE bytes, no freelist, and these tables empty,
 * WITHOUT ROWID, their columns in the order of `rows`, the primary key's first. Durable when OK; after a fault the file is of no use.
 * Two threads write, each a table at a time. ERR_NO_ROOM, ERR_IO, ERR_MEMORY; ERR_TOO_LONG: a row of more than 4,000 bytes; ERR_RANGE: more
 * than 2^31 pages; and what `begin` of a load gives. */
enum err sqlite_build(const char *path, const struct build_table *tables, size_t n, struct fault *f);
#endif
