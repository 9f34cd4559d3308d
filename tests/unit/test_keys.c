/* The key store: keys are kept, found and erased; a write that was cut off at any byte leaves what came before. */
#include "base/file.h"
#include "die_help.h"
#include "keys_help.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* ---- keeping ---- */

static void what_is_kept_is_found_again(void **state)
{
    make();
    struct key_store *k = open_store(KEYS_WRITE);
    static uint8_t key[3000][32];
    add(k, 0, 3000);
    for (uint32_t i = 0; i < 3000; i++)
        assert_int_equal(get(k, i, key[i]), OK);
    keys_close(k);
    for (int loaded = 0; loaded < 2; loaded++) {
        k = open_store(KEYS_READ);
        if (loaded)
            assert_int_equal(keys_load(k, NULL), OK);
        for (uint32_t i = 0; i < 3000; i++) {
            uint8_t back[32];
            assert_int_equal(get(k, i, back), OK);
            assert_memory_equal(back, key[i], 32);
        }
        uint8_t none[32];
        assert_int_equal(get(k, 3000, none), ERR_NOT_FOUND);
        keys_close(k);
    }
    assert_false(holds(key[7], 32));
}

static void keys_of_two_persons_differ_and_mean_nothing_to_the_next_process(void **state)
{
    make();
    uint8_t a[32], b[32], again[32];
    struct subject_id id = person(1);
    struct key_store *k = open_store(KEYS_WRITE);
    assert_int_equal(keys_person_new(k, &id, a, NULL), OK);
    assert_int_equal(keys_person_new(k, &id, again, NULL), OK);
    assert_memory_equal(a, again, 32);
    id = person(2);
    assert_int_equal(keys_person_new(k, &id, b, NULL), OK);
    assert_memory_not_equal(a, b, 32);
    keys_close(k); /* nothing was flushed: nobody has used them */
    k = open_store(KEYS_WRITE);
    id = person(1);
    assert_int_equal(keys_person_new(k, &id, again, NULL), OK);
    assert_memory_not_equal(a, again, 32);
    keys_close(k);
}

static void a_reader_sees_what_is_added(void **state)
{
    make();
    struct key_store *w = open_store(KEYS_WRITE), *r = open_store(KEYS_READ), *loaded = open_store(KEYS_READ);
    uint8_t key[32];
    assert_int_equal(keys_load(loaded, NULL), OK);
    for (uint32_t n = 0; n < 5; n++) {
        assert_int_equal(get(r, n, key), ERR_NOT_FOUND);
        assert_int_equal(get(loaded, n, key), ERR_NOT_FOUND);
        add(w, n, n + 1);
        assert_int_equal(get(r, n, key), OK);
        assert_int_equal(get(loaded, n, key), OK);
    }
    keys_close(w);
    keys_close(r);
    keys_close(loaded);
}

/* More than two segments, in commits of any size. */
static void many_persons(void **state)
{
    make();
    struct key_store *k = open_store(KEYS_WRITE);
    assert_int_equal(keys_load(k, NULL), OK);
    uint32_t n = 0;
    for (uint32_t step = 1; n < 150000; step = step * 3 % 40009) {
        add(k, n, n + step);
        n += step;
    }
    struct keys_status s;
    keys_close(k);
    k = open_store(KEYS_READ);
    assert_int_equal(keys_status(dir, k, &s, NULL), OK);
    assert_int_equal(s.persons, n);
    assert_true(s.segments == (n + SEGMENT_KEYS - 1) / SEGMENT_KEYS);
    assert_true(s.bytes < (uint64_t)n * 50);
    for (uint32_t i = 0; i < n; i += 997) {
        uint8_t key[32];
        assert_int_equal(get(k, i, key), OK);
    }
    keys_close(k);
}

static void many_small_commits_become_one_frame(void **state)
{
    make();
    struct key_store *k = open_store(KEYS_WRITE);
    assert_int_equal(keys_load(k, NULL), OK);
    for (uint32_t n = 0; n < 4200; n++)
        add(k, n, n + 1);
    assert_int_equal(k->body.segment_count, 2);
    assert_int_equal(k->body.segment[0].version, 1);
    keys_close(k);
    k = open_store(KEYS_READ);
    for (uint32_t n = 0; n < 4200; n += 7) {
        uint8_t key[32];
        assert_int_equal(get(k, n, key), OK);
    }
    assert_int_equal(k->segment[0].frames, 1);
    keys_close(k);
}

/* The example of docs/formats/keys.md. */
static void the_worked_segment(void **state)
{
    static const char want[] = "41544852534547325353535353535353535353535353535300000000000000004"
        "1544b460000000100000000b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c311111111111111111111111111111111"
        "f0634067a9d99c405f5e1a06d762814467f4912fe2d02266cc5f67da224f0cfd976bb25d953741b1d06a6fd002194a5c";
    uint8_t store[16], nonce[20], heading[SEGMENT_HEADING];
    char hex[2 * (SEGMENT_HEADING + 96) + 1] = "";
    struct key_segment s = {0};
    struct key_entry e;
    struct buf b;
    memset(store, 0x53, sizeof store);
    memset(s.key, 0x42, sizeof s.key);
    memset(e.id.b, 0x11, sizeof e.id.b);
    memset(e.key, 0x77, sizeof e.key);
    for (unsigned i = 0; i < sizeof nonce; i++)
        nonce[i] = (uint8_t)(0xb0 + i);
    buf_init(&b, 1000);
    segment_heading(store, 0, 0, heading);
    buf_add(&b, heading, sizeof heading);
    frame_write(store, &s, 0, nonce, &e, 1, &b);
    assert_int_equal(b.n, SEGMENT_HEADING + frame_bytes(1));
    hex_of((const uint8_t *)b.p, b.n, hex);
    assert_string_equal(hex, want);
    buf_free(&b);
}

/* ---- what a crash leaves ---- */

/* The last frame cut at each byte: those before it are all there, and the next writer goes on. */
static void a_frame_cut_off_anywhere(void **state)
{
    make();
    char path[160];
    struct stat before, after;
    path_of("000000.0", path);
    struct key_store *k = open_store(KEYS_WRITE);
    add(k, 0, 300);
    assert_int_equal(stat(path, &before), 0);
    add(k, 300, 310);
    keys_close(k);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_size - before.st_size, frame_bytes(10));
    struct buf whole;
    buf_init(&whole, 1 << 20);
    assert_int_equal(file_read(path, &whole, NULL), OK);
    off_t from = before.st_size - SEGMENT_MARK, to = after.st_size - SEGMENT_MARK;
    uint8_t mark[SEGMENT_MARK];
    segment_mark((uint64_t)from, mark);
    for (off_t size = to - 1; size >= from; size -= 7) {
        for (int how = 0; how < 3; how++) { /* the file may also have its length and not its bytes, and where the frame was to begin what was there */
            uint8_t key[32];
            int fd = open(path, O_RDWR | O_TRUNC);
            assert_int_equal(file_write_all(fd, whole.p, (size_t)size, NULL), OK);
            assert_int_equal(how ? ftruncate(fd, to) : 0, 0);
            assert_int_equal(how == 2 ? pwrite(fd, mark, sizeof mark, from) : (ssize_t)sizeof mark, sizeof mark);
            close(fd);
            struct key_store *r = open_store(KEYS_READ);
            assert_int_equal(get(r, 299, key), OK);
            assert_int_equal(keys_load(r, NULL), OK);
            keys_close(r);
            struct key_store *w = open_store(KEYS_WRITE);
            assert_int_equal(get(w, 0, key), OK);
            assert_int_equal(get(w, 305, key), ERR_NOT_FOUND);
            add(w, 400, 401);
            keys_close(w);
            r = open_store(KEYS_READ);
            assert_int_equal(get(r, 400, key), OK);
            assert_int_equal(get(r, 299, key), OK);
            keys_close(r);
        }
    }
    buf_free(&whole);
}

/* A byte changed in a frame that was on the disk, the last one or not, is damage and is said to be so: no writer cuts it off, and no backup is made of it. */
static void damage_is_not_taken_for_a_crash(void **state)
{
    make();
    char path[160], backup[160];
    snprintf(backup, sizeof backup, "%s/backup", dir);
    path_of("000000.0", path);
    struct key_store *k = open_store(KEYS_WRITE);
    add(k, 0, 20);
    add(k, 20, 40);
    keys_close(k);
    struct buf whole;
    buf_init(&whole, 1 << 20);
    assert_int_equal(file_read(path, &whole, NULL), OK);
    size_t end = SEGMENT_HEADING + 2 * frame_bytes(20);
    assert_int_equal(whole.n, end + SEGMENT_MARK);
    for (size_t at = 0; at < whole.n; at += at < end ? 3 : 1) {
        int fd = open(path, O_RDWR);
        char b = (char)(whole.p[at] ^ 1);
        uint8_t key[32];
        assert_int_equal(pwrite(fd, &b, 1, (off_t)at), 1);
        struct fault f = {0};
        enum err e = keys_open(dir, KEYS_WRITE, &k, &f);
        assert_int_equal(e, at < end ? ERR_DAMAGED : OK);
        if (!e) {
            assert_int_equal(get(k, 39, key), OK);
            keys_close(k);
        }
        k = open_store(KEYS_READ);
        assert_int_equal(keys_load(k, NULL), at < end ? ERR_DAMAGED : OK);
        assert_int_equal(keys_backup(k, backup, 1000, 2000, NULL), at < end ? ERR_DAMAGED : OK);
        keys_close(k);
        assert_int_equal(pwrite(fd, whole.p + at, 1, (off_t)at), 1);
        close(fd);
    }
    keys_close(open_store(KEYS_WRITE));
    path_of("head", path);
    buf_reset(&whole);
    assert_int_equal(file_read(path, &whole, NULL), OK);
    for (size_t at = 0; at < whole.n; at += 5) {
        if (at >= 24 && at < 32)
            continue; /* the generation is for people and the lock: nothing is bound to it */
        int fd = open(path, O_RDWR);
        char b = (char)(whole.p[at] ^ 1);
        assert_int_equal(pwrite(fd, &b, 1, (off_t)at), 1);
        enum err e = keys_open(dir, KEYS_READ, &k, NULL);
        if (e != ERR_DAMAGED && e != ERR_KEY && e != ERR_LOCKED && e != ERR_NOT_FOUND)
            fail_msg("byte %zu: %s", at, err_name(e));
        assert_int_equal(pwrite(fd, whole.p + at, 1, (off_t)at), 1);
        close(fd);
    }
    buf_free(&whole);
}

/* ---- erasing ---- */

static void an_erased_key_is_nowhere(void **state)
{
    make();
    struct key_store *k = open_store(KEYS_WRITE), *r = open_store(KEYS_READ), *loaded = open_store(KEYS_READ);
    uint8_t key[32], old_master[32], old_segment[32], back[32];
    add(k, 0, 500);
    assert_int_equal(keys_load(loaded, NULL), OK);
    assert_int_equal(get(k, 123, key), OK);
    assert_int_equal(get(r, 123, key), OK);
    memcpy(old_master, keys_master(k), 32);
    memcpy(old_segment, k->body.segment[0].key, 32);
    struct key_erased x = erased_of(k, 123);
    assert_int_equal(keys_erase(k, &x, 1, NULL), OK);
    assert_memory_not_equal(old_master, keys_master(k), 32);
    assert_memory_not_equal(old_segment, k->body.segment[0].key, 32);
    assert_int_equal(get(k, 123, back), ERR_NOT_FOUND);
    assert_int_equal(get(r, 123, back), ERR_NOT_FOUND); /* readers that were open */
    assert_int_equal(get(loaded, 123, back), ERR_NOT_FOUND);
    for (uint32_t i = 0; i < 500; i++)
        assert_int_equal(get(r, i, back), i == 123 ? ERR_NOT_FOUND : OK);
    keys_close(k);
    keys_close(r);
    keys_close(loaded);
    k = open_store(KEYS_WRITE);
    assert_int_equal(get(k, 123, back), ERR_NOT_FOUND);
    assert_int_equal(get(k, 124, back), OK);
    /* who is recorded again has another key, and the old erasure does not touch it */
    add(k, 123, 124);
    assert_int_equal(get(k, 123, back), OK);
    assert_memory_not_equal(back, key, 32);
    assert_int_equal(keys_erase(k, &x, 1, NULL), OK);
    assert_int_equal(get(k, 123, back), OK);
    struct arena a;
    struct key_erased *list;
    size_t n;
    arena_init(&a, 1 << 20);
    assert_int_equal(keys_erased(k, &a, &list, &n, NULL), OK);
    assert_true(n == 1 && subject_eq(&list[0].party, &x.party) && list[0].at == x.at);
    arena_free(&a);
    keys_close(k);
}

/* A copy of every file as it was, with what opens it now: the fresh master does not open the old head. */
static void the_old_files_do_not_open_with_the_new_master(void **state)
{
    make();
    struct key_head h;
    struct key_body b;
    struct buf old;
    char path[160];
    struct key_store *k = open_store(KEYS_WRITE);
    add(k, 0, 50);
    path_of("head", path);
    buf_init(&old, 1 << 20);
    assert_int_equal(file_read(path, &old, NULL), OK);
    assert_int_equal(head_parse(buf_view(&old), &h), OK);
    assert_int_equal(body_open(&h, keys_master(k), &b), OK);
    body_free(&b);
    struct key_erased x = erased_of(k, 7);
    assert_int_equal(keys_erase(k, &x, 1, NULL), OK);
    assert_int_equal(body_open(&h, keys_master(k), &b), ERR_KEY);
    path_of("head-old", path);
    assert_int_not_equal(access(path, F_OK), 0);
    path_of("000000.0", path);
    assert_int_not_equal(access(path, F_OK), 0);
    keys_close(k);
    buf_free(&old);
}

static int erase_eleven(void *arg)
{
    struct key_store *k;
    return keys_open(dir, KEYS_WRITE, &k, NULL) || keys_erase(k, arg, 1, NULL);
}

/* Killed at its n-th write, for each n: afterwards all others' keys are there; when the erasure had begun it is finished by whoever
 * opens the store to write next; and nothing of the old files is left. */
static void an_erasure_killed_at_any_write(void **state)
{
    bool ended = false;
    int n;
    for (n = 1; !ended; n++) {
        int result = -1;
        uint8_t key[32];
        char path[160];
        drop_dir(dir);
        assert_int_equal(mkdir(dir, 0700), 0);
        make();
        struct key_store *k = open_store(KEYS_WRITE);
        add(k, 0, 40);
        struct key_erased x = erased_of(k, 11);
        keys_close(k);
        ended = run_and_die_at(n, erase_eleven, &x, &result);
        assert_true(!ended || result == 0);
        struct key_store *r = open_store(KEYS_READ);
        for (uint32_t i = 0; i < 40; i++)
            assert_true(i == 11 || get(r, i, key) == OK);
        keys_close(r);
        path_of("erasing", path);
        bool begun = access(path, F_OK) == 0;
        k = open_store(KEYS_WRITE);
        enum err e = get(k, 11, key);
        assert_true(e == ERR_NOT_FOUND || (e == OK && !begun && !ended));
        for (uint32_t i = 0; i < 40; i++)
            assert_true(i == 11 || get(k, i, key) == OK);
        assert_int_equal(keys_erase(k, &x, 1, NULL), OK); /* as the caller does who finds his record and no end of it */
        assert_int_equal(get(k, 11, key), ERR_NOT_FOUND);
        path_of("head-old", path);
        assert_int_not_equal(access(path, F_OK), 0);
        keys_close(k);
        struct keys_status s;
        assert_int_equal(keys_status(dir, NULL, &s, NULL), OK);
        assert_int_equal(s.segments, 1);
    }
    assert_true(n > 12);
}

/* The same for new keys that begin a segment: all of a flush or none, and what was there before always. */
static void a_flush_killed_at_any_write(void **state)
{
    bool ended = false;
    int n;
    for (n = 1; !ended; n++) {
        int result = -1, found = 0;
        uint8_t key[32];
        drop_dir(dir);
        assert_int_equal(mkdir(dir, 0700), 0);
        make();
        if (n % 2 == 0) { /* every second time behind others; the loop ends when both ways have been through */
            struct key_store *k = open_store(KEYS_WRITE);
            add(k, 0, 40);
            keys_close(k);
        }
        ended = run_and_die_at((n + 1) / 2, add_ten, NULL, &result) && n > 12;
        struct key_store *k = open_store(KEYS_WRITE);
        for (uint32_t i = 0; n % 2 == 0 && i < 40; i++)
            assert_int_equal(get(k, i, key), OK);
        for (uint32_t i = 40; i < 50; i++)
            found += get(k, i, key) == OK;
        assert_true(found == 0 || found == 10);
        assert_true(result || found == 10);
        add(k, 100, 101);
        keys_close(k);
    }
    assert_true(n > 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {T(what_is_kept_is_found_again), T(keys_of_two_persons_differ_and_mean_nothing_to_the_next_process),
        T(a_reader_sees_what_is_added), T(many_persons), T(many_small_commits_become_one_frame), T(the_worked_segment), T(a_frame_cut_off_anywhere),
        T(damage_is_not_taken_for_a_crash), T(an_erased_key_is_nowhere), T(the_old_files_do_not_open_with_the_new_master),
        T(an_erasure_killed_at_any_write), T(a_flush_killed_at_any_write)};
    if (seal_init())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
