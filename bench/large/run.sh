#!/usr/bin/env bash
# A register of tens of millions of records on this machine: import, sizes, start, memory, search, verification. See docs/benchmarks.md.
# usage: bench/large/run.sh [FIREARMS]   (of `athar sample`, three records each, without persons; 16,700,000 are 50 million records and 62 GB)
# ATHAR: the program. OUT: a folder on a disk with room (a new temporary one); the register stays in OUT/register when OUT is given.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
ATHAR=${ATHAR:-$ROOT/build/athar} FIREARMS=${1:-16700000} KEEP=${OUT:+1} OUT=${OUT:-$(mktemp -d)}
trap '[ -n "$KEEP" ] || rm -rf "$OUT"' EXIT
"$ATHAR" sample --records "$FIREARMS" --seed 1 > "$OUT/sample.csv"
"$ATHAR" init --data "$OUT/register" > "$OUT/log"
echo "import"
(time "$ATHAR" import --data "$OUT/register" --map "$ROOT/bench/large/map.json" "$OUT/sample.csv" --json) 2>&1 | grep -vE '^$' | tail -n 4
head -n 200001 "$OUT/sample.csv" > "$OUT/first.csv"
rm "$OUT/sample.csv"
du -sh "$OUT"/register/*
python3 "$ROOT/bench/large/ask.py" "$ATHAR" "$OUT/register" "$OUT/first.csv"
echo "verify"
(time "$ATHAR" verify --data "$OUT/register") 2>&1 | grep -E 'records|real|user'
