/* The key store: kept open beside others who write, by several processes, by threads. */
#include "base/file.h"
#include "die_help.h"
#include "keys_help.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* ---- a store that is kept beside others who write ---- */

/* What others added is found without reading again what was known: segments that were open stay open, with what was walked of them. */
static void a_kept_store_reads_what_was_added(void **state)
{
    make();
    uint8_t key[32];
    struct key_store *kept = open_store(KEYS_WRITE), *w;
    add(kept, 0, 40);
    int fd = kept->segment[0].fd;
    w = open_store(KEYS_WRITE);
    add(w, 40, 43);
    keys_close(w);
    assert_int_equal(keys_resume(kept, NULL), OK);
    assert_int_equal(get(kept, 42, key), OK);
    assert_int_equal(kept->segment[0].sound, 2);
    w = open_store(KEYS_WRITE);
    add(w, 100, 100 + SEGMENT_KEYS); /* another head: the first segment is full, a second begun */
    keys_close(w);
    assert_int_equal(keys_resume(kept, NULL), OK);
    assert_int_equal(kept->body.segment_count, 2);
    assert_true(kept->segment[0].fd == fd && kept->segment[0].frames >= 2);
    for (uint32_t i = 0; i < 43; i++)
        assert_int_equal(get(kept, i, key), OK);
    assert_int_equal(get(kept, 99 + SEGMENT_KEYS, key), OK);
    add(kept, 60, 62);
    keys_close(kept);
    kept = open_store(KEYS_READ);
    assert_int_equal(get(kept, 61, key), OK);
    keys_close(kept);
}

static void what_others_erase_and_lock_counts_in_a_kept_store_at_once(void **state)
{
    make();
    uint8_t key[32], again[32];
    struct share share[2];
    struct key_store *kept = open_store(KEYS_WRITE), *w;
    add(kept, 0, 40);
    assert_int_equal(get(kept, 7, key), OK);
    w = open_store(KEYS_WRITE);
    struct key_erased x = erased_of(w, 7);
    assert_int_equal(keys_erase(w, &x, 1, NULL), OK);
    assert_int_equal(get(kept, 7, again), ERR_NOT_FOUND);
    assert_int_equal(get(kept, 8, again), OK);
    add(kept, 7, 8); /* recorded again: another key, not that of the seed from before */
    assert_int_equal(get(kept, 7, again), OK);
    assert_memory_not_equal(key, again, sizeof key);
    quorum(w, 2, 2, share);
    assert_int_equal(keys_lock(dir, NULL), OK);
    assert_int_equal(keys_look(kept, NULL), ERR_LOCKED);
    assert_true(!kept->segment && !kept->table.n && !kept->body.segment_count);
    assert_int_equal(keys_resume(kept, NULL), ERR_LOCKED);
    assert_int_equal(keys_unlock(dir, share, 2, NULL), OK);
    assert_int_equal(keys_resume(kept, NULL), OK);
    assert_int_equal(get(kept, 8, again), OK);
    add(kept, 50, 51);
    keys_close(kept);
    keys_close(w);
}

/* Records under way are sealed with keys that no file has yet: through a change of the head they stay, through a lock their commit fails. */
static void new_keys_stay_until_they_are_on_the_disk(void **state)
{
    make();
    uint8_t key[32], back[32];
    struct share share[2];
    struct subject_id id = person(90);
    struct fault f = {0};
    struct key_store *kept = open_store(KEYS_WRITE), *w = open_store(KEYS_WRITE);
    add(kept, 0, 40);
    quorum(w, 2, 2, share);
    assert_int_equal(keys_person_new(kept, &id, key, NULL), OK);
    struct key_erased x = erased_of(w, 7);
    assert_int_equal(keys_erase(w, &x, 1, NULL), OK);
    assert_int_equal(get(kept, 8, back), OK); /* follows the new head */
    assert_int_equal(keys_person_new(kept, &id, back, NULL), OK);
    assert_memory_equal(key, back, sizeof key);
    assert_int_equal(keys_flush(kept, NULL), OK);
    assert_int_equal(get(w, 90, back), OK);
    assert_memory_equal(key, back, sizeof key);
    id = person(91);
    assert_int_equal(keys_person_new(kept, &id, key, NULL), OK);
    assert_int_equal(keys_lock(dir, NULL), OK);
    assert_int_equal(keys_look(kept, NULL), ERR_LOCKED);
    assert_int_equal(keys_unlock(dir, share, 2, NULL), OK);
    assert_int_equal(keys_look(kept, NULL), OK);
    assert_int_equal(keys_flush(kept, &f), ERR_CONFLICT);
    assert_int_equal(keys_flush(kept, NULL), OK);
    assert_int_equal(get(kept, 91, back), ERR_NOT_FOUND);
    keys_close(kept);
    keys_close(w);
}

/* Another writer is killed at each of its writes; the kept store mends what he left and goes on behind it. */
static void a_kept_store_mends_what_a_killed_writer_left(void **state)
{
    bool ended = false;
    for (int n = 1; !ended; n++) {
        int result = -1, found = 0;
        uint8_t key[32];
        drop_dir(dir);
        assert_int_equal(mkdir(dir, 0700), 0);
        make();
        struct key_store *kept = open_store(KEYS_WRITE);
        add(kept, 0, 5);
        ended = run_and_die_at(n, add_ten, NULL, &result);
        assert_int_equal(keys_resume(kept, NULL), OK);
        add(kept, 60, 64);
        keys_close(kept);
        kept = open_store(KEYS_WRITE);
        for (uint32_t i = 40; i < 50; i++)
            found += get(kept, i, key) == OK;
        assert_true(found == 0 || found == 10);
        for (uint32_t i = 60; i < 64; i++)
            assert_int_equal(get(kept, i, key), OK);
        keys_close(kept);
    }
}

/* Two processes that meet one new person at the same time: the second's commit fails, and done again it has the first's key. */
static void a_person_has_one_key_whoever_writes(void **state)
{
    make();
    uint8_t a[32], b[32];
    struct subject_id id = person(1), other = person(2);
    struct fault f = {0};
    for (int loaded = 0; loaded < 2; loaded++) {
        struct key_store *one = open_store(KEYS_WRITE), *two = open_store(KEYS_WRITE);
        id = person((uint32_t)loaded + 1);
        other = person((uint32_t)loaded + 11);
        if (loaded)
            assert_int_equal(keys_load(two, NULL), OK);
        assert_int_equal(keys_person_new(one, &id, a, NULL), OK);
        assert_int_equal(keys_person_new(two, &id, b, NULL), OK);
        assert_int_equal(keys_person_new(two, &other, b, NULL), OK);
        assert_int_equal(keys_flush(one, NULL), OK);
        assert_int_equal(keys_flush(two, &f), ERR_CONFLICT);
        assert_string_equal(f.want, "want.key_again");
        assert_int_equal(keys_person_new(two, &id, b, NULL), OK);
        assert_memory_equal(a, b, 32);
        assert_int_equal(keys_person_new(two, &other, b, NULL), OK);
        assert_int_equal(keys_flush(two, NULL), OK);
        assert_int_equal(keys_person(one, &other, a), OK);
        assert_memory_equal(a, b, 32);
        keys_close(one);
        keys_close(two);
    }
}

#define PEOPLE 60
struct turns {
    int number;
    uint8_t key[PEOPLE][32];
};

/* Each process writes of everybody, in an order of its own, in commits of three that are done again when they fail. */
static void write_of_all(struct turns *t)
{
    struct key_store *k = open_store(KEYS_WRITE);
    for (uint32_t i = 0; i < PEOPLE; i += 3) {
        enum err e = ERR_CONFLICT;
        for (int tries = 0; e == ERR_CONFLICT && tries < 50; tries++) {
            for (uint32_t n = i; n < i + 3; n++) {
                uint32_t who = (n * 7 + (uint32_t)t->number * 13) % PEOPLE;
                struct subject_id id = person(who);
                if (keys_person_new(k, &id, t->key[who], NULL))
                    _exit(2);
            }
            e = keys_flush(k, NULL);
        }
        if (e)
            _exit(3);
    }
    _exit(0);
}

static void processes_side_by_side_keep_one_key_a_person(void **state)
{
    enum { N = 4 };
    make();
    struct turns *t = mmap(NULL, N * sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid[N];
    assert_true(t != MAP_FAILED);
    add_and_close(500, 503);
    for (int i = 0; i < N; i++) {
        t[i].number = i;
        if (!(pid[i] = fork()))
            write_of_all(&t[i]);
    }
    struct key_store *k = open_store(KEYS_WRITE);
    for (uint32_t i = 500; i < 503; i++) { /* heads change meanwhile */
        struct key_erased x = erased_of(k, i);
        assert_int_equal(keys_erase(k, &x, 1, NULL), OK);
    }
    for (int i = 0; i < N; i++) {
        int status;
        waitpid(pid[i], &status, 0);
        assert_int_equal(status, 0);
    }
    for (uint32_t who = 0; who < PEOPLE; who++) {
        uint8_t key[32];
        assert_int_equal(get(k, who, key), OK);
        for (int i = 0; i < N; i++)
            assert_memory_equal(key, t[i].key[who], 32);
    }
    keys_close(k);
    munmap(t, N * sizeof *t);
}

/* Filters pass every id that is there, also those that came after the filter, and hardly one that is not. */
static void filters_lose_nobody(void **state)
{
    make();
    uint8_t key[32];
    struct key_store *k = open_store(KEYS_WRITE), *w = open_store(KEYS_WRITE);
    enum err why;
    size_t passed = 0;
    add(w, 0, 5000);
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(get(k, 100000 + i, key), ERR_NOT_FOUND);
    assert_non_null(k->segment[0].filter);
    for (uint32_t n = 5000; n < 5300; n++) {
        add(w, n, n + 1);
        assert_int_equal(get(k, n, key), OK);
    }
    for (uint32_t i = 0; i < 5300; i++)
        assert_int_equal(get(k, i, key), OK);
    for (uint32_t i = 0; i < 20000; i++) {
        struct subject_id id = person(200000 + i);
        passed += segment_may_hold(k, 0, &id, &why, NULL);
    }
    assert_true(passed < 40);
    keys_close(k);
    keys_close(w);
}

/* ---- threads ---- */

static void *readers_worker(void *arg)
{
    struct key_store *k = arg;
    for (uint32_t i = 0; i < 3000; i++) {
        uint8_t key[32];
        struct subject_id id = person(i);
        assert_int_equal(keys_person_new(k, &id, key, NULL), OK);
    }
    return NULL;
}

/* Workers that meet the same new persons while the writer flushes. */
static void test_readers_of_new_keys(void **state)
{
    make();
    pthread_t t[2];
    struct key_store *k = open_store(KEYS_WRITE);
    assert_int_equal(keys_load(k, NULL), OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&t[i], NULL, readers_worker, k), 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(keys_flush(k, NULL), OK);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(keys_flush(k, NULL), OK);
    struct keys_status s;
    assert_int_equal(keys_status(dir, k, &s, NULL), OK);
    assert_int_equal(s.persons, 3000);
    keys_close(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {T(a_kept_store_reads_what_was_added), T(what_others_erase_and_lock_counts_in_a_kept_store_at_once),
        T(new_keys_stay_until_they_are_on_the_disk), T(a_kept_store_mends_what_a_killed_writer_left), T(a_person_has_one_key_whoever_writes),
        T(processes_side_by_side_keep_one_key_a_person), T(filters_lose_nobody), T(test_readers_of_new_keys)};
    if (seal_init())
        return 1;
    if (getenv("ONLY")) /* under the thread sanitizer: those that start threads */
        cmocka_set_test_filter(getenv("ONLY"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
