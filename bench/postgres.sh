# PostgreSQL 15 for benchmarks: a cluster of its own in a folder, as an unprivileged user, reached over a Unix socket only.
# Source it; then postgres_start FOLDER, postgres_stop. POSTGRES_USER is who owns it.
POSTGRES_BIN=${POSTGRES_BIN:-/usr/lib/postgresql/15/bin}
POSTGRES_USER=$(id -un)
POSTGRES_AS=
if [ "$(id -u)" = 0 ]; then
    POSTGRES_USER=postgres
    POSTGRES_AS="runuser -u postgres --"
fi

postgres_settings() {
    cat << SETTINGS
listen_addresses = ''
unix_socket_directories = '$1'
shared_buffers = 4GB
effective_cache_size = 14GB
work_mem = 256MB
maintenance_work_mem = 1GB
max_parallel_maintenance_workers = 2
random_page_cost = 1.1
effective_io_concurrency = 200
jit = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 16GB
checkpoint_timeout = 1h
autovacuum = off
SETTINGS
}

postgres_start() {
    POSTGRES_DIR=$1
    mkdir -p "$POSTGRES_DIR"
    [ -z "$POSTGRES_AS" ] || chown "$POSTGRES_USER" "$POSTGRES_DIR"
    $POSTGRES_AS "$POSTGRES_BIN/initdb" -D "$POSTGRES_DIR/data" -A trust -E UTF8 --locale=C.UTF-8 > "$POSTGRES_DIR.log" 2>&1
    postgres_settings "$POSTGRES_DIR" | $POSTGRES_AS tee -a "$POSTGRES_DIR/data/postgresql.conf" > /dev/null
    (cd / && $POSTGRES_AS "$POSTGRES_BIN/pg_ctl" -D "$POSTGRES_DIR/data" -l "$POSTGRES_DIR/server.log" -w start) >> "$POSTGRES_DIR.log"
}

postgres_stop() {
    (cd / && $POSTGRES_AS "$POSTGRES_BIN/pg_ctl" -D "$POSTGRES_DIR/data" -m fast stop) >> "$POSTGRES_DIR.log"
    rm -rf "$POSTGRES_DIR/data"
}
