/* For tests of the store and what stands on it: a register in a directory of its own, whose randomness is a counted stream and
 * whose clock stands where the test puts it, and records made by hand. ATHAR_TEST_DB names a PostgreSQL server
 * (tests/postgres.py): each register is then in a database of it. */
#ifndef TESTS_REGISTER_HELP_H
#define TESTS_REGISTER_HELP_H
#include "base/embed.h"
#include "ledger/log.h"

#include <libpq-fe.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

struct source { /* of randomness and time */
    uint64_t drawn;
    int64_t now;
};

static inline void source_random(void *arg, void *out, size_t n)
{
    struct source *s = arg;
    uint8_t seed[32] = {0};
    memcpy(seed, &s->drawn, sizeof s->drawn);
    s->drawn++;
    randombytes_buf_deterministic(out, n, seed);
}

static inline int64_t source_clock(void *arg)
{
    return ((struct source *)arg)->now;
}

/* A new empty directory in out. */
static inline void new_dir(char out[64])
{
    snprintf(out, 64, "/tmp/athar-test-XXXXXX");
    assert_non_null(mkdtemp(out));
}

static inline void drop_dir(const char *dir)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
}

/* The address of a new database on the server that ATHAR_TEST_DB names; "" without one. */
static inline struct slice new_database(char out[512])
{
    const char *server = getenv("ATHAR_TEST_DB"), *path = server ? strstr(server, "/postgres?") : NULL;
    uint8_t id[8];
    char name[17], sql[64];
    out[0] = 0;
    if (!path)
        return SLICE("");
    randombytes_buf(id, sizeof id);
    hex_of(id, sizeof id, name);
    name[16] = 0;
    snprintf(sql, sizeof sql, "CREATE DATABASE r%s", name);
    snprintf(out, 512, "%.*s/r%s%s", (int)(path - server), server, name, path + strlen("/postgres"));
    PGconn *db = PQconnectdb(server);
    PGresult *r = PQexec(db, sql);
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(db));
    PQclear(r);
    PQfinish(db);
    return slice_str(out);
}

/* `dir`/register, with keys of the stream. */
static inline void new_register(const char *dir, struct source *s)
{
    char url[512];
    struct fault f = {0};
    struct store_new n = {.db = new_database(url), .origin = SLICE("test.example/office"), .arg = s,
        .profile = embed_get("profiles/generic.json"), .random = source_random};
    if (store_init(dir, &n, &f))
        fail_msg("init: %s %s", f.field, f.value);
}

static inline struct store *opened(const char *dir, enum store_mode mode)
{
    struct store *s;
    struct fault f = {0};
    if (store_open(dir, mode, &s, &f))
        fail_msg("open: %s %s %s", err_name(f.code), f.field, f.value);
    return s;
}

static inline struct subject_id subject(uint8_t kind, uint8_t number)
{
    struct subject_id id = {{kind, number}};
    return id;
}

/* What a test's record says. */
struct said {
    const char *kind, *happened;
    uint8_t item, permit; /* numbers; 0 = none */
    uint8_t from, to;     /* parties */
    const char *serial, *outside;
    struct hash supersedes[3], head[3];
    size_t supersedes_count, head_count;
    int64_t recorded;
    const struct body_row *row;
};

static inline void add_party(struct event *ev, struct record_header *h, const char *role, uint8_t number)
{
    if (!number)
        return;
    ev->party[ev->party_count++] = (struct party_ref){.id = subject('p', number), .role = slice_str(role), .cls = PARTY_PERSON};
    h->subject[h->subject_count++] = (struct record_subject){SUBJECT_PARTY, subject('p', number)};
}

/* The record's bytes, sealed with the store's keys. */
static inline struct hash make_record(struct store *st, struct source *src, const struct said *x, struct buf *out)
{
    struct event ev = {.kind = slice_str(x->kind)};
    struct record_header h = {.origin = SLICE("test.example/office"), .kind = ev.kind, .profile = store_profile(st)->hash,
        .recorded = x->recorded ? x->recorded : ++src->now, .actor = SLICE("tester"), .office = SLICE("office"), .purpose = SLICE("test"),
        .discovered = when_unknown(), .supersedes_count = x->supersedes_count, .head_count = x->head_count};
    struct event_mark mark = {.kind = SLICE("SERIAL"), .status = MARK_CLEAR, .serial_count = 1};
    struct slice serial = slice_str(x->serial ? x->serial : "");
    struct external_id id = {SLICE("test"), slice_str(x->outside ? x->outside : "")};
    uint8_t random[RECORD_SALT + SEAL_NONCE];
    struct buf body;
    assert_int_equal(when_parse(slice_str(x->happened ? x->happened : ""), "happened", &h.happened, NULL), OK);
    memcpy(h.supersedes, x->supersedes, sizeof x->supersedes);
    memcpy(h.head, x->head, sizeof x->head);
    if (x->permit)
        h.subject[h.subject_count++] = (struct record_subject){SUBJECT_PERMIT, subject('l', x->permit)};
    if (x->item)
        h.subject[h.subject_count++] = (struct record_subject){SUBJECT_ITEM, subject('g', x->item)};
    add_party(&ev, &h, "from", x->from);
    add_party(&ev, &h, "to", x->to);
    mark.serial = &serial;
    mark.text = serial;
    ev.mark = &mark;
    ev.mark_count = x->serial ? 1 : 0;
    ev.id = &id;
    ev.id_count = x->outside ? 1 : 0;
    ev.describes = x->serial != NULL;
    ev.item.make = (struct term_text){TERM_LISTED, 1, SLICE("M"), SLICE("M")};
    buf_init(&body, RECORD_MAX);
    assert_int_equal(body_write(&ev, x->row, &h, &body), OK);
    struct record_plain p = {SECTION_BODY, store_keys(st)->register_id, store_keys(st)->reg, buf_view(&body)};
    source_random(src, random, sizeof random);
    buf_reset(out);
    assert_int_equal(record_encode(&h, &p, 1, random, out, NULL), OK);
    buf_free(&body);
    return record_id(buf_view(out));
}

/* Appends bytes at the end of the log and commits. */
static inline void append(struct store *st, struct slice bytes, int64_t received)
{
    uint64_t size;
    struct hash id = record_id(bytes);
    assert_int_equal(store_size(st, &size, NULL), OK);
    assert_int_equal(store_begin(st, NULL), OK);
    assert_int_equal(store_append(st, size, received, &id, bytes, NULL), OK);
    assert_int_equal(store_commit(st, NULL), OK);
}

static inline struct hash say(struct store *st, struct source *src, const struct said *x)
{
    struct buf bytes;
    buf_init(&bytes, RECORD_MAX);
    struct hash id = make_record(st, src, x, &bytes);
    append(st, buf_view(&bytes), src->now);
    buf_free(&bytes);
    return id;
}

static inline void derive(struct store *st)
{
    struct fault f = {0};
    if (store_derive(st, NULL, &f))
        fail_msg("derive: %s %s %s", err_name(f.code), f.field, f.value);
}

/* The digests of all derived tables, as text; freed by the caller. */
static inline char *digests(struct store *st)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    assert_int_equal(store_dump_digest(st, &out, NULL), OK);
    char *copy = strdup(out.p);
    buf_free(&out);
    return copy;
}
#endif
