#!/bin/sh
# Import end to end (parsed, validated, hashed, sealed, durable, derived, indexed) beside PostgreSQL loading the same derived
# tables with the same indexes, in one run. See docs/benchmarks.md.
# usage: bench/import/run.sh [RECORDS [SEED]]     (1000000 1)
# BUILD: the build folder (build). OUT: results folder (kept; a new temporary one unless given).
set -eu
RECORDS=${1:-1000000} SEED=${2:-1}
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
OUT=${OUT:-$(mktemp -d)}
. "$ROOT/bench/postgres.sh"

mkdir -p "$OUT"
chmod 755 "$OUT"
echo "results in $OUT"
"$BUILD/athar" sample --records "$RECORDS" --seed "$SEED" > "$OUT/register.csv"
cat "$OUT/register.csv" > /dev/null
"$BUILD/athar" init --data "$OUT/data" > /dev/null
START=$(date +%s.%N)
"$BUILD/athar" import --data "$OUT/data" --map "$ROOT/maps/sample.json" "$OUT/register.csv" --json > "$OUT/import.json"
END=$(date +%s.%N)
postgres_start "$OUT/postgres"
trap postgres_stop EXIT INT TERM
python3 "$ROOT/bench/import/load.py" "$OUT" "$RECORDS" "$START" "$END" "host=$OUT/postgres dbname=postgres user=$POSTGRES_USER"
