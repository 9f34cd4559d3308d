#!/bin/sh
# Ranking on damage that the ranker was not tuned on, half of it about guns that are not in the register. See docs/benchmarks.md.
# usage: bench/damage/run.sh [RECORDS [QUERIES_A_CLASS [SEED]]]     (1000000 1000 11)
# BUILD: the build folder (build). OUT: results folder (kept; a new temporary one unless given).
set -eu
RECORDS=${1:-1000000} QUERIES=${2:-1000} SEED=${3:-11}
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
OUT=${OUT:-$(mktemp -d)}

mkdir -p "$OUT"
echo "results in $OUT"
"$BUILD/athar" sample --records $((RECORDS + RECORDS / 10)) --seed "$SEED" > "$OUT/all.csv"
awk -v absent="$OUT/absent.csv" 'NR == 1 { print; print > absent; next } NR % 11 == 0 { print > absent; next } { print }' "$OUT/all.csv" > "$OUT/register.csv"
rm "$OUT/all.csv"
"$BUILD/athar" init --data "$OUT/data"
"$BUILD/athar" import --data "$OUT/data" --map "$ROOT/maps/sample.json" "$OUT/register.csv"
python3 "$ROOT/bench/damage/make_queries.py" "$OUT/register.csv" "$OUT/absent.csv" "$QUERIES" "$SEED" > "$OUT/queries.jsonl"
"$BUILD/athar" search --data "$OUT/data" --batch "$OUT/queries.jsonl" > "$OUT/results.jsonl"
python3 "$ROOT/bench/damage/evaluate.py" "$OUT/queries.jsonl" "$OUT/results.jsonl" "$OUT/report.json"
