#!/bin/sh
# Durable writes a second with 1, 32 and 512 in flight: records entered over HTTP (session, judged, sealed, derived) beside PostgreSQL 15's
# prepared single-row inserts of as many bytes. usage: bench/writes/run.sh [FIREARMS [SECONDS]]   (200000 8). BUILD: configured with -Dbench=true
set -eu
FIREARMS=${1:-200000} SECONDS_EACH=${2:-8}
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
OUT=$(mktemp -d)
chmod 755 "$OUT"
. "$ROOT/bench/postgres.sh"
stop() {
    [ -z "${SERVER:-}" ] || kill "$SERVER" || true
    [ -z "${POSTGRES:-}" ] || postgres_stop
    rm -rf "$OUT"
}
trap stop EXIT INT TERM
"$BUILD/athar" sample --records "$FIREARMS" --seed 1 > "$OUT/sample.csv"
"$BUILD/athar" init --data "$OUT/register" > "$OUT/log"
"$BUILD/athar" import --data "$OUT/register" --map "$ROOT/maps/sample.json" "$OUT/sample.csv" >> "$OUT/log"
echo "seven herons wade upstream" | "$BUILD/athar" account add --data "$OUT/register" bench --role licensing_officer --password-stdin >> "$OUT/log"
"$BUILD/athar" serve --data "$OUT/register" --listen 127.0.0.1:0 > "$OUT/serve" &
SERVER=$!
until grep -q ready "$OUT/serve"; do sleep 0.1; done
ADDRESS=$(sed -n 's|.*http://\([0-9.:]*\).*|\1|p' "$OUT/serve")
node "$ROOT/bench/writes/sign_in.mjs" "${ADDRESS#*:}" bench "seven herons wade upstream" "$OUT/request"
from=1
for clients in 1 32 512; do
    echo "HTTP, $clients in flight"
    "$BUILD/bench_writes" http "$ADDRESS" "$OUT/request" "$clients" "$SECONDS_EACH" "$from" || true
    from=$((from + FIREARMS / 3))
done
kill "$SERVER"
SERVER=
postgres_start "$OUT/postgres"
POSTGRES=1
(cd / && $POSTGRES_AS "$POSTGRES_BIN/psql" -qh "$OUT/postgres" -d postgres -c "ALTER SYSTEM SET max_connections = 600" -c "ALTER SYSTEM SET shared_buffers = '1GB'")
(cd / && $POSTGRES_AS "$POSTGRES_BIN/pg_ctl" -D "$OUT/postgres/data" -l "$OUT/postgres/server.log" -w restart > /dev/null)
for clients in 1 32 512; do
    echo "PostgreSQL, $clients in flight"
    "$BUILD/bench_writes" pg "host=$OUT/postgres dbname=postgres user=$POSTGRES_USER" 700 "$clients" "$SECONDS_EACH"
done
