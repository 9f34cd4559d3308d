#!/bin/sh
# The same queries over HTTP: imports the register of a bench/search/run.sh result folder, serves it, asks over one kept-open
# connection, and prints the report again with the HTTP line. usage: bench/search/http.sh FOLDER     BUILD: the build folder (build)
set -eu
OUT=$1
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
PORT=${PORT:-18231}

if [ ! -d "$OUT/data" ]; then
    "$BUILD/athar" init --data "$OUT/data"
    "$BUILD/athar" import --data "$OUT/data" --map "$ROOT/maps/sample.json" "$OUT/register.csv"
fi
"$BUILD/athar" serve --data "$OUT/data" --open --listen "127.0.0.1:$PORT" > "$OUT/serve.log" 2>&1 &
SERVER=$!
trap 'kill $SERVER 2> /dev/null' EXIT INT TERM
until curl -fs "http://127.0.0.1:$PORT/api/v1/health" > /dev/null; do
    kill -0 $SERVER
    sleep 1
done
"$BUILD/bench_http" "$PORT" "$OUT/queries.tsv" "$OUT/http.json"
python3 "$ROOT/bench/search/report.py" "$OUT"
