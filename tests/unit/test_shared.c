/* A register in a database that several processes share: who may write, what a lost connection leaves, and positions that an elected
 * sequencer gives. Needs ATHAR_TEST_DB (tests/postgres.py) for all but the first fact. KILLS=n: how often sequencers are killed. */
#include "register_help.h"
#include "ledger/sequence.h"
#include "use/sequence.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define WRITERS 3
#define BATCHES 40
#define BATCH_MAX 4
#define TURNS 8

static char dir[64], other[64];
static struct source src;

static int begin_test(void **state)
{
    src = (struct source){.drawn = 1, .now = 1700000000000};
    new_dir(dir);
    new_dir(other);
    new_register(dir, &src);
    return 0;
}

static int end_test(void **state)
{
    drop_dir(dir);
    drop_dir(other);
    return 0;
}

/* The same register, from another directory: as on another machine. */
static void join_from(const char *folder)
{
    char command[300];
    snprintf(command, sizeof command, "cp -p '%s'/database '%s'/ && ln -s '%s'/keystore '%s'/keystore", dir, folder, dir, folder);
    assert_int_equal(system(command), 0);
}

/* Runs SQL behind the program's back. */
static void sql(const char *text)
{
    char path[100], url[600] = "";
    snprintf(path, sizeof path, "%s/database", dir);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(url, sizeof url, f));
    fclose(f);
    url[strcspn(url, "\n")] = 0;
    PGconn *db = PQconnectdb(url);
    PGresult *r = PQexec(db, text);
    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", text, PQerrorMessage(db));
    PQclear(r);
    PQfinish(db);
}

static void break_connections(void)
{
    sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
}

static void nap(int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

/* ---- one machine ---- */

static void a_directory_of_one_machine_takes_no_staged_records(void **state)
{
    struct store *s;
    struct fault f = {0};
    assert_int_equal(store_open(dir, STORE_STAGE, &s, &f), ERR_REFUSED);
    assert_string_equal(f.want, "want.shared_database");
}

/* ---- the lease ---- */

static void one_directory_writes_at_a_time(void **state)
{
    struct store *second;
    struct fault f = {0};
    join_from(other);
    struct store *first = opened(dir, STORE_WRITE);
    assert_int_equal(store_open(other, STORE_WRITE, &second, &f), ERR_BUSY);
    assert_non_null(strstr(f.value, "process "));
    store_close(first);
    store_close(opened(other, STORE_WRITE)); /* given back at once */
}

/* A writer that was thought dead, and was not, writes nothing more. */
static void a_writer_that_was_overtaken_is_fenced(void **state)
{
    struct fault f = {0};
    join_from(other);
    struct store *first = opened(dir, STORE_WRITE);
    sql("UPDATE lease SET until = 0");
    struct store *second = opened(other, STORE_WRITE);
    assert_int_equal(store_begin(first, &f), ERR_CONFLICT);
    assert_string_equal(f.want, "want.other_writer_ended");
    say(second, &src, &(struct said){.kind = "registered", .item = 1});
    store_close(first);
    say(second, &src, &(struct said){.kind = "sold", .item = 1}); /* the first one's end took nothing from it */
    store_close(second);
}

/* ---- lost connections ---- */

static void a_lost_connection_loses_the_transaction_and_no_more(void **state)
{
    struct fault f = {0};
    uint64_t size;
    struct hash id = {{1}};
    struct store *s = opened(dir, STORE_WRITE);
    say(s, &src, &(struct said){.kind = "registered", .item = 1});
    break_connections();
    assert_int_equal(store_size(s, &size, &f), OK); /* asked again on a new connection */
    assert_int_equal(size, 1);
    assert_int_equal(store_begin(s, &f), OK);
    assert_int_equal(store_append(s, 1, 5, &id, SLICE("x"), &f), OK);
    break_connections();
    assert_int_equal(store_commit(s, &f), ERR_LOST);
    assert_int_equal(store_size(s, &size, &f), ERR_LOST); /* still in that transaction, which is gone */
    store_rollback(s);
    assert_int_equal(store_size(s, &size, &f), OK);
    assert_int_equal(size, 1);
    say(s, &src, &(struct said){.kind = "sold", .item = 1});
    store_close(s);
}

struct breaking {
    struct log *log;
    struct slice bytes;
    int times;
};
static enum err put_and_break(void *arg, struct fault *f)
{
    struct breaking *b = arg;
    struct hash id = record_id(b->bytes);
    enum err e = log_append(b->log, b->bytes, &id, 7, NULL, f);
    if (b->times-- > 0)
        break_connections();
    return e;
}

static void a_group_is_written_through_lost_connections(void **state)
{
    struct store *s = opened(dir, STORE_WRITE);
    struct log l;
    struct buf bytes;
    struct fault f = {0};
    uint64_t size;
    buf_init(&bytes, RECORD_MAX);
    assert_int_equal(log_open(&l, s, NULL), OK);
    for (int times = 0; times < 4; times++) {
        make_record(s, &src, &(struct said){.kind = "registered", .item = 1}, &bytes);
        struct breaking b = {&l, buf_view(&bytes), times};
        assert_int_equal(log_group(&l, put_and_break, &b, &f), OK);
        assert_int_equal(store_size(s, &size, NULL), OK);
        assert_true(size == (uint64_t)times + 1 && l.tree.size == size);
    }
    buf_free(&bytes);
    store_close(s);
}

/* ---- the sequencer ---- */

static void draw_for(int number)
{
    src.drawn = 1000000u * (uint64_t)(number + 1);
}

static void new_batch_id(uint8_t out[16])
{
    uint8_t more[16];
    source_random(&src, more, sizeof more);
    memcpy(out, more, 16);
}

static pid_t child(void (*work)(const char *folder, int number), const char *folder, int number)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid)
        return pid;
    draw_for(number);
    work(folder, number);
    _exit(0);
}

static bool never(void *arg)
{
    return false;
}

static void be_sequencer(const char *folder, int number)
{
    struct app *a;
    struct fault f = {0};
    struct use_sequence_in in = {.stop = never};
    if (app_open(folder, &a, &f) || use_sequence(a, &in, &f))
        fprintf(stderr, "sequencer: %s %s\n", err_name(f.code), f.field);
    _exit(1);
}

struct ack { /* what a writer was told */
    uint64_t first, n;
    struct hash id[BATCH_MAX];
};

static void note_ack(const char *folder, int number, const struct ack *a)
{
    char path[100];
    snprintf(path, sizeof path, "%s/acks-%d", folder, number);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (write(fd, a, sizeof *a) != (ssize_t)sizeof *a)
        _exit(3);
    close(fd);
}

/* Batches of guns of its own, each acknowledged before the next. */
static void write_batches(const char *folder, int number)
{
    struct store *s;
    struct buf bytes[BATCH_MAX];
    struct fault f = {0};
    if (store_open(folder, STORE_STAGE, &s, &f))
        _exit(2);
    for (size_t i = 0; i < BATCH_MAX; i++)
        buf_init(&bytes[i], RECORD_MAX);
    for (int b = 0; b < BATCHES; b++) {
        struct slice view[BATCH_MAX];
        struct ack a = {.n = 1 + (uint64_t)b % BATCH_MAX};
        struct sequence_batch batch = {.bytes = view, .n = a.n, .received = src.now};
        new_batch_id(batch.id);
        for (size_t i = 0; i < a.n; i++) {
            a.id[i] = make_record(s, &src, &(struct said){.kind = "registered", .item = (uint8_t)(1 + BATCHES * number + b), .serial = "A1"}, &bytes[i]);
            view[i] = buf_view(&bytes[i]);
        }
        enum err e = ERR_BUSY;
        for (int tries = 0; e == ERR_BUSY && tries < 100; tries++) /* the same id: whatever came of it, it is in once */
            e = sequence_write(s, &batch, tries % 2 ? 5000 : 3, &a.first, &f);
        if (e)
            _exit(4);
        note_ack(folder, number, &a);
    }
    store_close(s);
    for (size_t i = 0; i < BATCH_MAX; i++)
        buf_free(&bytes[i]);
}

struct reading {
    struct tree tree;
    struct hash id[WRITERS * BATCHES * BATCH_MAX];
    size_t n;
};
static enum err read_one(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct reading *r = arg;
    struct hash id = record_id(bytes);
    tree_append(&r->tree, &id);
    assert_true(position == r->n && r->n < sizeof r->id / sizeof r->id[0]);
    r->id[r->n++] = id;
    return OK;
}

/* Every acknowledged record is where its writer was told, and nothing else is in the log. */
static void check_acks(struct reading *r)
{
    size_t records = 0;
    for (int w = 0; w < WRITERS; w++) {
        char path[100];
        struct ack a;
        int acks = 0;
        snprintf(path, sizeof path, "%s/acks-%d", dir, w);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        for (; fread(&a, sizeof a, 1, f) == 1; acks++) {
            for (size_t i = 0; i < a.n; i++)
                assert_true(a.first + i < r->n && hash_eq(&r->id[a.first + i], &a.id[i]));
            records += a.n;
        }
        fclose(f);
        assert_int_equal(acks, BATCHES);
    }
    assert_int_equal(records, r->n);
}

static void check_log(void)
{
    struct reading *r = calloc(1, sizeof *r);
    struct tree kept;
    struct store *s = opened(dir, STORE_WRITE);
    tree_init(&r->tree);
    assert_int_equal(store_scan(s, 0, UINT64_MAX >> 1, read_one, r, NULL), OK);
    assert_int_equal(log_root(s, &kept, NULL), OK);
    struct hash want = tree_root(&r->tree), got = tree_root(&kept);
    assert_true(hash_eq(&want, &got) && kept.size == r->n);
    check_acks(r);
    derive(s);
    char *one = digests(s);
    assert_int_equal(store_rebuild(s, NULL, NULL), OK);
    char *two = digests(s);
    assert_string_equal(one, two);
    free(one);
    free(two);
    store_close(s);
    free(r);
}

static int kills_wanted(void)
{
    const char *n = getenv("KILLS");
    uint64_t v = 4;
    if (n)
        slice_u64(slice_str(n), 1000, &v);
    return (int)v;
}

/* Kills one of the sequencers again and again while writers write; how often. */
static int kill_while(pid_t *sequencer, size_t n, pid_t *writer)
{
    int kills = 0, left = WRITERS, want = kills_wanted();
    for (int turn = 0; left; turn++) {
        nap(120);
        size_t i = randombytes_uniform(8) ? randombytes_uniform((uint32_t)n - 1) : n - 1; /* the other machine's: seldom, it costs its time */
        if (kills < want) {
            kill(sequencer[i], SIGKILL);
            waitpid(sequencer[i], NULL, 0);
            sequencer[i] = child(be_sequencer, i == n - 1 ? other : dir, 100 + turn);
            kills++;
        }
        for (int w = 0; w < WRITERS; w++) {
            int status = 0;
            if (writer[w] && waitpid(writer[w], &status, WNOHANG) == writer[w]) {
                assert_int_equal(status, 0);
                writer[w] = 0;
                left--;
            }
        }
    }
    return kills;
}

static void killed_sequencers_leave_dense_positions_and_lose_nothing(void **state)
{
    pid_t sequencer[3], writer[WRITERS];
    int kills = 0;
    join_from(other);
    for (size_t i = 0; i < 3; i++)
        sequencer[i] = child(be_sequencer, i == 2 ? other : dir, 50 + (int)i);
    for (int w = 0; w < WRITERS; w++)
        writer[w] = child(write_batches, dir, w);
    kills = kill_while(sequencer, 3, writer);
    for (size_t i = 0; i < 3; i++) {
        kill(sequencer[i], SIGKILL);
        waitpid(sequencer[i], NULL, 0);
    }
    print_message("%d sequencers killed\n", kills);
    assert_true(kills > 0);
    check_log();
}

/* Decided on what is seen: when that has changed meanwhile, decided again. */
static void write_decided(const char *folder, int number)
{
    struct store *s, *reader;
    struct buf bytes;
    struct fault f = {0};
    struct subject_id gun = subject('g', 1);
    if (store_open(folder, STORE_STAGE, &s, &f) || store_open(folder, STORE_READ, &reader, &f))
        _exit(2);
    buf_init(&bytes, RECORD_MAX);
    for (int turn = 0; turn < TURNS;) {
        struct item_row item;
        bool found;
        uint64_t first;
        struct said said = {.kind = "sold", .item = 1};
        if (store_item(reader, &gun, &item, &found, &f))
            _exit(3);
        if (found) {
            said.head_count = item.head_count < 3 ? item.head_count : 3;
            memcpy(said.head, item.head, said.head_count * sizeof said.head[0]);
        }
        make_record(s, &src, &said, &bytes);
        struct slice view = buf_view(&bytes);
        struct sequence_batch batch = {.bytes = &view, .n = 1, .received = src.now, .decided = true};
        new_batch_id(batch.id);
        enum err e = sequence_write(s, &batch, 20000, &first, &f);
        if (e && e != ERR_CONFLICT)
            _exit(4);
        turn += !e;
    }
    store_close(s);
    store_close(reader);
    buf_free(&bytes);
}

struct chain {
    struct hash last;
    uint64_t n;
};
static enum err check_link(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct chain *c = arg;
    struct record r;
    assert_int_equal(record_parse(bytes, &r), OK);
    assert_int_equal(r.h.head_count, c->n ? 1 : 0);
    if (c->n)
        assert_true(hash_eq(&r.h.head[0], &c->last));
    c->last = record_id(bytes);
    c->n++;
    return OK;
}

static void a_decision_is_taken_on_what_is_still_so(void **state)
{
    pid_t writer[WRITERS], sequencer = child(be_sequencer, dir, 50);
    struct chain c = {.n = 0};
    for (int w = 0; w < WRITERS; w++)
        writer[w] = child(write_decided, dir, w);
    for (int w = 0; w < WRITERS; w++) {
        int status;
        waitpid(writer[w], &status, 0);
        assert_int_equal(status, 0);
    }
    kill(sequencer, SIGKILL);
    waitpid(sequencer, NULL, 0);
    struct store *s = opened(dir, STORE_WRITE);
    assert_int_equal(store_scan(s, 0, UINT64_MAX >> 1, check_link, &c, NULL), OK);
    assert_int_equal(c.n, WRITERS * TURNS);
    store_close(s);
}

/* What cannot be opened is refused, and what comes after it goes in. */
static void what_is_no_record_of_ours_is_refused(void **state)
{
    struct fault f = {0};
    uint64_t first = 9;
    struct buf bytes;
    struct slice view = SLICE("ATHR but no record");
    struct sequence_batch batch = {.id = {1}, .bytes = &view, .n = 1};
    struct store *s = opened(dir, STORE_STAGE);
    pid_t sequencer = child(be_sequencer, dir, 50);
    assert_int_equal(sequence_write(s, &batch, 20000, &first, &f), ERR_FORMAT);
    buf_init(&bytes, RECORD_MAX);
    make_record(s, &src, &(struct said){.kind = "registered", .item = 1}, &bytes);
    view = buf_view(&bytes);
    batch.id[0] = 2;
    assert_int_equal(sequence_write(s, &batch, 20000, &first, &f), OK);
    assert_int_equal(first, 0);
    assert_int_equal(sequence_write(s, &batch, 20000, &first, &f), OK); /* the same again: the same place */
    assert_int_equal(first, 0);
    nap(100);
    uint64_t size;
    assert_int_equal(store_size(s, &size, NULL), OK);
    assert_int_equal(size, 1);
    kill(sequencer, SIGKILL);
    waitpid(sequencer, NULL, 0);
    buf_free(&bytes);
    store_close(s);
}

/* ---- persons ---- */

static struct hash record_of_a_person(struct store *s, const uint8_t key[SEAL_KEY], const struct subject_id *party, struct buf *out)
{
    struct event ev = {.kind = SLICE("registered")};
    struct record_header h = {.origin = SLICE("test.example/office"), .kind = ev.kind, .profile = store_profile(s)->hash, .recorded = ++src.now,
        .actor = SLICE("tester"), .office = SLICE("office"), .purpose = SLICE("test"), .happened = when_unknown(), .discovered = when_unknown(),
        .subject = {{SUBJECT_ITEM, subject('g', 1)}, {SUBJECT_PARTY, *party}}, .subject_count = 2};
    struct party_ref p = {.id = *party, .role = SLICE("to"), .cls = PARTY_PERSON, .name = SLICE("Ivo Brandt")};
    struct key_id id;
    struct buf body, person;
    uint8_t random[RECORD_SALT + 2 * SEAL_NONCE];
    ev.party[ev.party_count++] = p;
    memcpy(id.b, party->b, sizeof id.b);
    buf_init(&body, RECORD_MAX);
    buf_init(&person, RECORD_MAX);
    assert_int_equal(body_write(&ev, NULL, &h, &body), OK);
    assert_int_equal(body_write_person(&p, &person), OK);
    struct record_plain plain[] = {{SECTION_BODY, store_keys(s)->register_id, store_keys(s)->reg, buf_view(&body)},
        {SECTION_PERSON, id, key, buf_view(&person)}};
    source_random(&src, random, sizeof random);
    buf_reset(out);
    assert_int_equal(record_encode(&h, plain, 2, random, out, NULL), OK);
    buf_free(&body);
    buf_free(&person);
    return record_id(buf_view(out));
}

static void read_name_from(const char *folder, uint64_t position, const char *name)
{
    struct store *s = opened(folder, STORE_READ);
    struct arena a;
    struct slice bytes;
    int64_t received;
    arena_init(&a, 1u << 22);
    struct event *ev = arena_alloc(&a, sizeof *ev);
    assert_int_equal(store_read(s, &a, position, &bytes, &received, NULL), OK);
    assert_int_equal(store_event(s, &a, bytes, position, received, SHOW_ALL, ev, NULL, NULL), OK);
    assert_int_equal(ev->party_count, 1);
    assert_true(slice_is(ev->party[0].name, name));
    arena_free(&a);
    store_close(s);
}

/* A staged record of a new person: his key is in the store that both directories have before the record can be; erased here, he is erased there. */
static void staged_records_make_keys_of_new_persons(void **state)
{
    struct fault f = {0};
    struct buf bytes;
    uint64_t first = 9;
    uint8_t key[SEAL_KEY], back[SEAL_KEY];
    struct subject_id party = subject('p', 77);
    struct key_erased x = {.party = party, .at = 1};
    join_from(other);
    pid_t sequencer = child(be_sequencer, dir, 50);
    struct store *s = opened(other, STORE_STAGE), *r = opened(dir, STORE_READ);
    buf_init(&bytes, RECORD_MAX);
    assert_int_equal(keys_person_new(store_key_store(s), &party, key, NULL), OK);
    record_of_a_person(s, key, &party, &bytes);
    struct slice view = buf_view(&bytes);
    struct sequence_batch batch = {.id = {3}, .bytes = &view, .n = 1};
    assert_int_equal(sequence_write(s, &batch, 20000, &first, &f), OK);
    assert_int_equal(keys_person(store_key_store(r), &party, back), OK);
    assert_memory_equal(key, back, sizeof key);
    read_name_from(dir, first, "Ivo Brandt");
    kill(sequencer, SIGKILL);
    waitpid(sequencer, NULL, 0);
    struct store *w = opened(dir, STORE_WRITE);
    key_mark(key, x.mark);
    assert_int_equal(keys_erase(store_key_store(w), &x, 1, NULL), OK);
    assert_int_equal(keys_person(store_key_store(s), &party, back), ERR_NOT_FOUND);
    read_name_from(other, first, "");
    store_close(w);
    store_close(s);
    store_close(r);
    buf_free(&bytes);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
    const struct CMUnitTest alone[] = {T(a_directory_of_one_machine_takes_no_staged_records)};
    const struct CMUnitTest shared[] = {
        T(one_directory_writes_at_a_time), T(a_writer_that_was_overtaken_is_fenced),
        T(a_lost_connection_loses_the_transaction_and_no_more), T(a_group_is_written_through_lost_connections), T(staged_records_make_keys_of_new_persons),
        T(what_is_no_record_of_ours_is_refused), T(a_decision_is_taken_on_what_is_still_so),
        T(killed_sequencers_leave_dense_positions_and_lose_nothing),
    };
    if (sodium_init() < 0)
        return 1;
    return getenv("ATHAR_TEST_DB") ? cmocka_run_group_tests(shared, NULL, NULL) : cmocka_run_group_tests(alone, NULL, NULL);
}
