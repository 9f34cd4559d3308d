/* The store: a data directory, the log in it, and derived rows that are a function of the set of records. */
#include "register_help.h"
#include "store/derive.h"

#include <sys/stat.h>

static char dir[64];
static struct source src;

static int begin_test(void **state)
{
    src = (struct source){.drawn = 1, .now = 1700000000000};
    new_dir(dir);
    return 0;
}

static int end_test(void **state)
{
    drop_dir(dir);
    return 0;
}

/* ---- directories ---- */

static void a_register_is_made_once(void **state)
{
    struct fault f = {0};
    struct store *s;
    struct store_new n = {.origin = SLICE("test.example/office"), .profile = embed_get("profiles/generic.json"), .random = source_random,
        .arg = &src};
    assert_int_equal(store_open(dir, STORE_READ, &s, &f), ERR_NOT_FOUND);
    assert_string_equal(f.want, "want.register");
    new_register(dir, &src);
    assert_int_equal(store_init(dir, &n, &f), ERR_EXISTS);
    s = opened(dir, STORE_WRITE);
    uint64_t size = 9, derived = 9;
    assert_int_equal(store_size(s, &size, NULL), OK);
    assert_int_equal(store_derived(s, &derived, NULL), OK);
    assert_true(size == 0 && derived == 0);
    assert_true(slice_is(store_origin(s), "test.example/office"));
    assert_string_equal(store_profile(s)->name, "generic");
    store_close(s);
}

static void the_master_file_is_for_its_owner_alone(void **state)
{
    char path[128];
    struct stat st;
    new_register(dir, &src);
    snprintf(path, sizeof path, "%s/keystore/master", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* An init that died between its steps leaves keys and a half-made database: the next one takes the keys and starts anew. */
static void a_broken_init_can_be_done_again(void **state)
{
    static const char *const left[] = {"register.new", "register.new-wal", "register.new-shm"};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", dir, left[i]);
        FILE *f = fopen(path, "w");
        fputs("SQLite format 3", f);
        fclose(f);
    }
    new_register(dir, &src);
    store_close(opened(dir, STORE_WRITE));
}

static void a_bad_profile_makes_nothing(void **state)
{
    struct fault f = {0};
    char path[128];
    struct store_new n = {.origin = SLICE("x"), .profile = SLICE("{\"name\":\"x\"}"), .random = source_random, .arg = &src};
    assert_int_equal(store_init(dir, &n, &f), ERR_FORMAT);
    snprintf(path, sizeof path, "%s/keystore", dir);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void one_writes_and_others_read(void **state)
{
    struct fault f = {0};
    struct store *second, *reader;
    new_register(dir, &src);
    struct store *w = opened(dir, STORE_WRITE);
    assert_int_equal(store_open(dir, STORE_WRITE, &second, &f), ERR_BUSY);
    assert_string_equal(f.want, "want.other_writer_ended");
    assert_non_null(strstr(f.value, "process "));
    reader = opened(dir, STORE_READ);
    say(w, &src, &(struct said){.kind = "registered", .item = 1, .serial = "A1"});
    uint64_t size = 0;
    assert_int_equal(store_size(reader, &size, NULL), OK);
    assert_int_equal(size, 1);
    assert_int_not_equal(store_begin(reader, NULL) ? ERR_IO : store_append(reader, 1, 0, &(struct hash){{1}}, SLICE("x"), NULL), OK);
    store_rollback(reader);
    store_close(reader);
    store_close(w);
    store_close(opened(dir, STORE_WRITE));
}

static void keys_that_do_not_fit_open_nothing(void **state)
{
    char path[128];
    struct fault f = {0};
    struct store *s;
    new_register(dir, &src);
    s = opened(dir, STORE_WRITE);
    say(s, &src, &(struct said){.kind = "registered", .item = 1, .serial = "A1"});
    store_close(s);
    snprintf(path, sizeof path, "rm -rf '%s/keystore'", dir);
    assert_int_equal(system(path), 0);
    assert_int_equal(store_open(dir, STORE_READ, &s, &f), ERR_NOT_FOUND);
    assert_string_equal(f.want, "want.key_store");
    assert_int_equal(keys_create(dir, source_random, &src, &f), OK);
    s = opened(dir, STORE_WRITE);
    assert_int_equal(store_derive(s, NULL, &f), ERR_KEY);
    assert_string_equal(f.field, "record");
    store_close(s);
    snprintf(path, sizeof path, "%s/keystore/head", dir);
    assert_int_equal(truncate(path, 100), 0);
    assert_int_equal(store_open(dir, STORE_READ, &s, &f), ERR_DAMAGED);
    assert_string_equal(f.want, "want.key_store");
}

/* ---- the log ---- */

static void a_rollback_leaves_nothing_and_a_commit_stays(void **state)
{
    struct buf bytes;
    struct arena a;
    struct slice back;
    uint64_t size;
    int64_t received;
    new_register(dir, &src);
    struct store *s = opened(dir, STORE_WRITE);
    buf_init(&bytes, RECORD_MAX);
    arena_init(&a, 1 << 20);
    struct hash id = make_record(s, &src, &(struct said){.kind = "registered", .item = 1}, &bytes);
    assert_int_equal(store_begin(s, NULL), OK);
    assert_int_equal(store_append(s, 0, 5, &id, buf_view(&bytes), NULL), OK);
    store_rollback(s);
    assert_int_equal(store_size(s, &size, NULL), OK);
    assert_int_equal(size, 0);
    append(s, buf_view(&bytes), 77);
    store_close(s);
    s = opened(dir, STORE_READ);
    assert_int_equal(store_read(s, &a, 0, &back, &received, NULL), OK);
    assert_true(slice_eq(back, buf_view(&bytes)) && received == 77);
    assert_int_equal(store_read(s, &a, 1, &back, &received, NULL), ERR_NOT_FOUND);
    store_close(s);
    arena_free(&a);
    buf_free(&bytes);
}

static void a_position_is_taken_once(void **state)
{
    new_register(dir, &src);
    struct store *s = opened(dir, STORE_WRITE);
    struct fault f = {0};
    say(s, &src, &(struct said){.kind = "registered", .item = 1});
    assert_int_equal(store_begin(s, NULL), OK);
    enum err e = store_append(s, 0, 5, &(struct hash){{1}}, SLICE("x"), &f);
    assert_int_equal(e ? e : store_commit(s, &f), ERR_EXISTS); /* an engine may gather rows and say so at the end */
    store_rollback(s);
    uint64_t size;
    assert_int_equal(store_size(s, &size, NULL), OK);
    assert_int_equal(size, 1);
    store_close(s);
}

/* ---- deriving ---- */

#define LIFE 12
/* A life with a correction, a cancelled holding, a permit and a second gun; what supersedes names records before it. */
static size_t a_life(struct store *s, struct buf out[LIFE])
{
    struct hash id[LIFE];
    static const struct body_row row = {.given = true, .claim = {1}, .digest = {1}}, again = {.given = true, .claim = {1}, .digest = {2}};
    size_t n = 0;
#define SAY(...) (buf_init(&out[n], RECORD_MAX), id[n] = make_record(s, &src, &(struct said){__VA_ARGS__}, &out[n]), n++)
    SAY(.kind = "registered", .happened = "2020", .item = 1, .to = 1, .serial = "A1", .outside = "77", .row = &row);
    SAY(.kind = "sold", .happened = "2021-05", .item = 1, .from = 1, .to = 2);
    SAY(.kind = "sold", .happened = "2021-05", .item = 1, .from = 2, .to = 3);
    SAY(.kind = "loaned", .happened = "2022-01-01", .item = 1, .to = 4);
    SAY(.kind = "cancelled", .item = 1, .supersedes = {id[2]}, .supersedes_count = 1, .head = {id[2]}, .head_count = 1);
    SAY(.kind = "registered", .happened = "2020-02", .item = 1, .to = 1, .serial = "A7", .supersedes = {id[0]}, .supersedes_count = 1,
        .row = &again);
    SAY(.kind = "registered", .happened = "2019", .item = 2, .to = 3, .serial = "B2", .outside = "77");
    SAY(.kind = "permit_issued", .happened = "2019", .permit = 1, .to = 3);
    SAY(.kind = "permit_ended", .happened = "2023", .permit = 1, .to = 3);
    SAY(.kind = "stolen", .happened = "2023-03-03", .item = 1);
    SAY(.kind = "party_recorded", .to = 4);
    SAY(.kind = "seized", .happened = "2024", .item = 2);
#undef SAY
    assert_int_equal(n, LIFE);
    return n;
}

static void free_all(struct buf *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_free(&b[i]);
}

/* Digests after appending the records in this order, deriving after each `step` of them. The keys are the same each time. */
static char *derived_in_order(const struct buf *records, const size_t *order, size_t n, size_t step)
{
    char other[64];
    struct source again = {.drawn = 1, .now = 1700000000000};
    new_dir(other);
    new_register(other, &again);
    struct store *s = opened(other, STORE_WRITE);
    for (size_t i = 0; i < n; i++) {
        append(s, buf_view(&records[order[i]]), again.now++);
        if ((i + 1) % step == 0)
            derive(s);
    }
    derive(s);
    char *one = digests(s);
    assert_int_equal(store_rebuild(s, NULL, NULL), OK);
    char *two = digests(s);
    assert_string_equal(one, two);
    free(two);
    store_close(s);
    drop_dir(other);
    return one;
}

static void order_and_batches_leave_no_trace(void **state)
{
    struct buf records[LIFE];
    size_t order[LIFE] = {0};
    new_register(dir, &src);
    struct store *s = opened(dir, STORE_WRITE);
    size_t n = a_life(s, records);
    store_close(s);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    char *want = derived_in_order(records, order, n, n);
    for (size_t step = 1; step < n; step += 3) {
        char *got = derived_in_order(records, order, n, step);
        assert_string_equal(want, got);
        free(got);
    }
    for (int round = 0; round < 8; round++) {
        for (size_t i = n - 1; i > 0; i--) {
            size_t k = randombytes_uniform((uint32_t)i + 1), swap = order[i];
            order[i] = order[k];
            order[k] = swap;
        }
        char *got = derived_in_order(records, order, n, 1 + randombytes_uniform(5));
        assert_string_equal(want, got);
        free(got);
    }
    free(want);
    free_all(records, n);
}

static void more_heads_than_are_kept_are_cut_alike(void **state)
{
    struct buf records[20];
    size_t order[20] = {0};
    new_register(dir, &src);
    struct store *s = opened(dir, STORE_WRITE);
    for (size_t i = 0; i < 20; i++) {
        buf_init(&records[i], RECORD_MAX);
        make_record(s, &src, &(struct said){.kind = "mark_observed", .item = 1, .serial = "A1"}, &records[i]);
        order[i] = i;
    }
    struct item_row item;
    bool found;
    for (size_t i = 0; i < 20; i++)
        append(s, buf_view(&records[i]), 1);
    derive(s);
    assert_int_equal(store_item(s, &(struct subject_id){{'g', 1}}, &item, &found, NULL), OK);
    assert_int_equal(item.head_count, RECORD_HEADS);
    char *want = digests(s);
    store_close(s);
    for (size_t i = 0; i < 20; i++)
        order[i] = 19 - i;
    char *got = derived_in_order(records, order, 20, 3);
    assert_string_equal(want, got);
    free(want);
    free(got);
    free_all(records, 20);
}

/* ---- what rows say ---- */

struct seen {
    size_t live, dead;
};
static enum err count_seen(void *arg, const struct mark_seen *m, size_t n)
{
    struct seen *s = arg;
    for (size_t i = 0; i < n; i++)
        m[i].live ? s->live++ : s->dead++;
    return OK;
}

static void a_life_is_folded(void **state)
{
    struct buf records[LIFE];
    struct item_row item;
    struct subject_id hit[4], gun = subject('g', 1), none = subject('g', 9);
    struct seen seen = {0};
    struct derive_watch w = {.arg = &seen, .marks = count_seen};
    size_t n, hits;
    uint64_t items;
    bool found;
    new_register(dir, &src);
    struct store *s = opened(dir, STORE_WRITE);
    n = a_life(s, records);
    for (size_t i = 0; i < n; i++)
        append(s, buf_view(&records[i]), 1);
    assert_int_equal(store_derive(s, &w, NULL), OK);
    assert_true(seen.live == 2 && seen.dead == 1); /* A7 and B2; A1 was corrected */
    assert_int_equal(store_item(s, &gun, &item, &found, NULL), OK);
    assert_true(found && item.state.status == STATUS_STOLEN);
    assert_memory_equal(item.state.owner.b, subject('p', 2).b, 16); /* the sale to the third was cancelled */
    assert_int_equal(store_item(s, &none, &item, &found, NULL), OK);
    assert_false(found);
    assert_int_equal(store_count(s, &items, NULL), OK);
    assert_int_equal(items, 2);
    assert_int_equal(store_external(s, SLICE(" 77 "), hit, 4, &hits, NULL), OK);
    assert_int_equal(hits, 2);
    assert_int_equal(store_external(s, SLICE("77"), hit, 1, &hits, NULL), OK);
    assert_int_equal(hits, 1);
    assert_int_equal(store_external(s, SLICE("78"), hit, 4, &hits, NULL), OK);
    assert_int_equal(hits, 0);
    store_close(s);
    free_all(records, n);
}

static enum err first_claim(void *arg, const struct claim_row *c)
{
    *(struct claim_row *)arg = *c;
    return OK;
}

/* Rows with one clock: the one in effect speaks, whatever its hash; a row that goes back to what it was is not read anew. */
static void the_row_in_effect_speaks_for_its_claim(void **state)
{
    static const struct body_row first = {.given = true, .claim = {1}, .digest = {1}}, second = {.given = true, .claim = {1}, .digest = {2}};
    new_register(dir, &src);
    struct store *s = opened(dir, STORE_WRITE);
    struct hash last = say(s, &src, &(struct said){.kind = "registered", .item = 1, .row = &first, .recorded = 5000});
    for (int i = 0; i < 8; i++) {
        struct claim_row c;
        last = say(s, &src, &(struct said){.kind = "registered", .item = 1, .row = i % 2 ? &first : &second, .recorded = 5000,
            .supersedes = {last}, .supersedes_count = 1});
        if (i % 3 == 0)
            derive(s);
        derive(s);
        assert_int_equal(store_claims(s, first_claim, &c, NULL), OK);
        assert_int_equal(c.digest[0], i % 2 ? 1 : 2);
    }
    store_close(s);
}

static void damaged_records_stop_deriving_and_change_nothing(void **state)
{
    struct fault f = {0};
    uint64_t derived;
    new_register(dir, &src);
    struct store *s = opened(dir, STORE_WRITE);
    say(s, &src, &(struct said){.kind = "registered", .item = 1, .serial = "A1"});
    derive(s);
    char *before = digests(s);
    append(s, SLICE("ATHR but no record"), 1);
    assert_int_equal(store_derive(s, NULL, &f), ERR_DAMAGED);
    assert_int_equal(store_rebuild(s, NULL, &f), ERR_DAMAGED);
    char *after = digests(s);
    assert_string_equal(before, after);
    assert_int_equal(store_derived(s, &derived, NULL), OK);
    assert_int_equal(derived, 1);
    free(before);
    free(after);
    store_close(s);
}

static void many_lives_shared_between_threads_are_the_same(void **state)
{
    char *all[2];
    new_register(dir, &src);
    struct store *s = opened(dir, STORE_WRITE);
    struct buf bytes;
    buf_init(&bytes, RECORD_MAX);
    assert_int_equal(store_begin(s, NULL), OK);
    for (uint64_t i = 0; i < 4200; i++) { /* past the number of lives below which one thread does them */
        struct event ev = {.kind = SLICE("registered")};
        struct record_header h = {.origin = SLICE("o"), .kind = ev.kind, .profile = store_profile(s)->hash, .recorded = 5, .subject_count = 1};
        uint8_t random[RECORD_SALT + SEAL_NONCE];
        h.happened = h.discovered = when_unknown();
        h.subject[0] = (struct record_subject){SUBJECT_ITEM, {{(uint8_t)i, (uint8_t)(i >> 8), 1}}};
        struct record_plain p = {SECTION_BODY, store_keys(s)->register_id, store_keys(s)->reg, SLICE("{}")};
        source_random(&src, random, sizeof random);
        buf_reset(&bytes);
        assert_int_equal(record_encode(&h, &p, 1, random, &bytes, NULL), OK);
        struct hash id = record_id(buf_view(&bytes));
        assert_int_equal(store_append(s, i, 1, &id, buf_view(&bytes), NULL), OK);
    }
    assert_int_equal(store_commit(s, NULL), OK);
    for (int i = 0; i < 2; i++) {
        struct derive_watch w = {.threads = i ? 4 : 1};
        assert_int_equal(store_rebuild(s, &w, NULL), OK);
        all[i] = digests(s);
    }
    assert_string_equal(all[0], all[1]);
    free(all[0]);
    free(all[1]);
    buf_free(&bytes);
    store_close(s);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
    const struct CMUnitTest tests[] = {
        T(a_register_is_made_once), T(the_master_file_is_for_its_owner_alone), T(a_broken_init_can_be_done_again),
        T(a_bad_profile_makes_nothing), T(one_writes_and_others_read), T(keys_that_do_not_fit_open_nothing),
        T(a_rollback_leaves_nothing_and_a_commit_stays), T(a_position_is_taken_once), T(order_and_batches_leave_no_trace),
        T(more_heads_than_are_kept_are_cut_alike), T(a_life_is_folded), T(the_row_in_effect_speaks_for_its_claim),
        T(damaged_records_stop_deriving_and_change_nothing), T(many_lives_shared_between_threads_are_the_same),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
