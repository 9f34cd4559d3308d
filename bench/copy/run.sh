#!/usr/bin/env bash
# A register copied from SQLite to PostgreSQL 15 and back: seconds, sizes, and that root and digests are equal.
# usage: bench/copy/run.sh [ROWS]   (of `athar sample`, 2.64 records each; 380,000 rows are a million records)   ATHAR: the program
set -euo pipefail
cd "$(dirname "$0")/../.."
. bench/postgres.sh
ROWS=${1:-380000} ATHAR=${ATHAR:-$PWD/build/athar}
work=$(mktemp -d)
chmod 711 "$work"
postgres_start "$work/pg"
trap 'postgres_stop; rm -rf "$work"' EXIT
url="postgresql://$POSTGRES_USER@/register?host=$work/pg"
(cd / && $POSTGRES_AS "$POSTGRES_BIN/createdb" -h "$work/pg" register)

timed() # NAME COMMAND...
{
    local name=$1 begun
    shift
    begun=$(date +%s.%N)
    "$@" > "$work/$name.out"
    awk -v n="$name" -v b="$begun" -v e="$(date +%s.%N)" 'BEGIN { printf "%-22s %8.1f s\n", n, e - b }'
}
"$ATHAR" sample --records "$ROWS" --seed 1 > "$work/sample.csv"
"$ATHAR" init --data "$work/a" > /dev/null
timed import "$ATHAR" import --data "$work/a" --map maps/sample.json "$work/sample.csv"
rm "$work/sample.csv"
timed digest "$ATHAR" rebuild --data "$work/a" --digest
timed sqlite_to_postgres "$ATHAR" copy --data "$work/a" --to "$work/b" --db "$url"
timed digest_postgres "$ATHAR" rebuild --data "$work/b" --digest
timed postgres_to_sqlite "$ATHAR" copy --data "$work/b" --to "$work/c"
timed digest_back "$ATHAR" rebuild --data "$work/c" --digest
cat "$work/digest.out"
tail -n 1 "$work/sqlite_to_postgres.out"
tail -n 1 "$work/postgres_to_sqlite.out"
cmp "$work/digest.out" "$work/digest_postgres.out" && cmp "$work/digest.out" "$work/digest_back.out" && echo "digests equal"
[ "$(tail -n 1 "$work/sqlite_to_postgres.out")" = "$(tail -n 1 "$work/postgres_to_sqlite.out")" ] && echo "roots equal"
echo "records: $(awk '$1 == "item_record" { print $2 }' "$work/digest.out") of firearms; SQLite $(du -cm "$work"/a/*.db* | tail -n 1 | cut -f 1) MB," \
    "PostgreSQL $(cd / && $POSTGRES_AS "$POSTGRES_BIN/psql" -h "$work/pg" -At register -c "SELECT pg_database_size('register') / 1000000") MB"
