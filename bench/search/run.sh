#!/bin/sh
# Search: our index and ranking beside PostgreSQL 15, the same generated records and queries, one run. See docs/benchmarks.md.
# usage: bench/search/run.sh [RECORDS [QUERIES_A_CLASS [EQUAL_A_CLASS]]]     (5000000 250 250)
# BUILD: the build folder, configured with -Dbench=true (build). OUT: results folder (kept; a new temporary one unless given).
set -eu
RECORDS=${1:-5000000} QUERIES=${2:-250} EQUAL=${3:-250}
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
OUT=${OUT:-$(mktemp -d)}
. "$ROOT/bench/postgres.sh"

mkdir -p "$OUT"
chmod 755 "$OUT"
echo "results in $OUT"
"$BUILD/athar" sample --records "$RECORDS" --seed 1 > "$OUT/register.csv"
"$BUILD/bench_queries" "$OUT/register.csv" "$OUT" "$QUERIES" 1
chmod 644 "$OUT/rows.tsv"
echo "ours"
"$BUILD/bench_search" "$OUT/marks.csv" "$OUT/queries.tsv" "$OUT/ours.json" "$EQUAL"
echo "PostgreSQL"
postgres_start "$OUT/postgres"
trap postgres_stop EXIT INT TERM
"$BUILD/bench_pg" "host=$OUT/postgres dbname=postgres user=$POSTGRES_USER" "$OUT/rows.tsv" "$OUT/queries.tsv" "$OUT/postgres.json"
postgres_stop
trap - EXIT INT TERM
python3 "$ROOT/bench/search/report.py" "$OUT"
