#!/usr/bin/env python3
"""Copies the derived tables of a register into PostgreSQL, with the same primary keys and indexes, and compares the time with that of
`athar import`. usage: load.py FOLDER RECORDS IMPORT_START IMPORT_END CONNINFO  (FOLDER/data is the register)"""
import glob
import json
import os
import subprocess
import sys
import time

COUNTED = ("covered",)  # how far the tables follow the log: one row
TYPES = {"INTEGER": "bigint", "BLOB": "bytea", "TEXT": 'text COLLATE "C"', "REAL": "double precision"}


def sqlite(db, sql):
    # A copy is read: the program's own files are not opened by others.
    return subprocess.run(["sqlite3", "-readonly", db, sql], check=True, capture_output=True, text=True).stdout


def psql(conninfo, sql):
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", conninfo, "-c", sql], check=True)


def tables(db):
    names = sqlite(db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").split()
    return [n for n in names if n not in COUNTED]


def columns(db, table):
    """(name, type, not null, place in the primary key)"""
    rows = sqlite(db, "SELECT name, type, \"notnull\", pk FROM pragma_table_info('%s')" % table).splitlines()
    return [tuple(r.split("|")) for r in rows]


def export(db, table, cols, path):
    parts = ["'\\x' || lower(hex(%s))" % c[0] if c[1] == "BLOB" else c[0] for c in cols]
    parts = ["CASE WHEN %s IS NULL THEN '' ELSE %s END" % (c[0], p) if c[2] == "0" else p for c, p in zip(cols, parts)]
    with open(path, "w", encoding="utf-8") as f:
        subprocess.run(["sqlite3", "-readonly", "-csv", db, "SELECT %s FROM %s" % (", ".join(parts), table)], check=True, stdout=f)
    os.chmod(path, 0o644)


def load_table(conninfo, db, table, cols, path):
    key = [c[0] for c in sorted(cols, key=lambda c: int(c[3])) if c[3] != "0"]
    defs = ", ".join('"%s" %s%s' % (c[0], TYPES[c[1]], " NOT NULL" if c[2] == "1" else "") for c in cols)
    start = time.monotonic()
    psql(conninfo, "BEGIN; CREATE TABLE \"%s\" (%s); COPY \"%s\" FROM '%s' (FORMAT csv, NULL ''); COMMIT" % (table, defs, table, path))
    psql(conninfo, 'ALTER TABLE "%s" ADD PRIMARY KEY (%s)' % (table, ", ".join('"%s"' % k for k in key)))
    for name, sql in index_sql(db, table):
        psql(conninfo, sql)
    return time.monotonic() - start


def index_sql(db, table):
    names = sqlite(db, "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = '%s' AND sql IS NOT NULL" % table).split()
    for name in names:
        cols = sqlite(db, "SELECT name FROM pragma_index_info('%s') ORDER BY seqno" % name).split()
        yield name, 'CREATE INDEX "%s" ON "%s" (%s)' % (name, table, ", ".join('"%s"' % c for c in cols))


def main():
    folder, records, start, end, conninfo = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]), sys.argv[5]
    db = glob.glob(os.path.join(folder, "data", "derived-*.db"))[0]
    ours, theirs, done = end - start, 0.0, []
    for table in tables(db):
        cols, path = columns(db, table), os.path.join(folder, table + ".csv")
        export(db, table, cols, path)
        rows = int(sqlite(db, "SELECT count(*) FROM \"%s\"" % table))
        s = load_table(conninfo, db, table, cols, path)
        os.remove(path)
        theirs += s
        done.append({"table": table, "rows": rows, "s": round(s, 3)})
    counts = json.load(open(os.path.join(folder, "import.json"), encoding="utf-8"))
    met = theirs / ours >= 0.5
    print("| what | rows | seconds | firearms a second |\n|---|---|---|---|")
    print("| athar import, all of it | %d | %.1f | %.0f |" % (records, ours, records / ours))
    for d in done:
        print("| PostgreSQL: %s | %d | %.1f | |" % (d["table"], d["rows"], d["s"]))
    print("| PostgreSQL: all | | %.1f | %.0f |" % (theirs, records / theirs))
    print("\nOurs runs at %.2f of PostgreSQL's speed (wanted at least 0.5, goal 1): %s" % (theirs / ours, "met" if met else "**not met**"))
    with open(os.path.join(folder, "report.json"), "w", encoding="utf-8") as f:
        json.dump({"records": records, "ours_s": ours, "peer_s": theirs, "ratio": theirs / ours, "met": met, "tables": done, "import": counts}, f, indent=1)


if __name__ == "__main__":
    main()
