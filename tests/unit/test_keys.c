/* The key store: keys are kept, found, erased and locked; a write that was cut off at any byte leaves what came before. */
#include "keys/keys.h"
#include "base/file.h"
#include "base/hash.h"
#include "keys/backup.h"
#include "keys/keys_in.h"
#include "keys/keys_old.h"
#include "die_help.h"
#include "register_help.h"

#include <fcntl.h>
#include <sys/mman.h>
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

static void make(void)
{
    assert_int_equal(keys_create(dir, source_random, &src, NULL), OK);
}

static struct key_store *open_store(enum keys_mode mode)
{
    struct key_store *k;
    struct fault f = {0};
    if (keys_open(dir, mode, &k, &f))
        fail_msg("open: %s %s %s", err_name(f.code), f.field, f.want);
    return k;
}

static struct subject_id person(uint32_t n)
{
    struct subject_id id;
    struct hash h = hash_of(&n, sizeof n);
    memcpy(id.b, h.b, sizeof id.b);
    return id;
}

static void add(struct key_store *k, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        uint8_t key[32];
        bool first;
        struct subject_id id = person(i);
        assert_int_equal(keys_person_new(k, &id, key, &first), OK);
        assert_true(first);
    }
    assert_int_equal(keys_flush(k, NULL), OK);
}

static enum err get(struct key_store *k, uint32_t n, uint8_t out[32])
{
    struct subject_id id = person(n);
    return keys_person(k, &id, out);
}

static struct key_erased erased_of(struct key_store *k, uint32_t n)
{
    struct key_erased x = {.party = person(n), .at = 1700000000000};
    uint8_t key[32];
    assert_int_equal(get(k, n, key), OK);
    key_mark(key, x.mark);
    return x;
}

static void add_and_close(uint32_t from, uint32_t to)
{
    struct key_store *k = open_store(KEYS_WRITE);
    add(k, from, to);
    keys_close(k);
}

static void path_of(const char *name, char out[160])
{
    snprintf(out, 160, "%s/keystore/%s", dir, name);
}

/* All bytes of all files of the folder. */
static void all_bytes(struct buf *out)
{
    char command[256];
    buf_init(out, 1u << 30);
    snprintf(command, sizeof command, "find '%s' -type f -exec cat {} +", dir);
    FILE *p = popen(command, "r");
    static char chunk[65536];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, p)) > 0;)
        buf_add(out, chunk, n);
    pclose(p);
}

static bool holds(const void *p, size_t n)
{
    struct buf b;
    all_bytes(&b);
    bool found = memmem(b.p, b.n, p, n) != NULL;
    buf_free(&b);
    return found;
}

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
    for (off_t size = after.st_size - 1; size >= before.st_size; size -= 7) {
        for (int zeroed = 0; zeroed < 2; zeroed++) { /* the file may also have its length and not its bytes */
            uint8_t key[32];
            int fd = open(path, O_RDWR | O_TRUNC);
            assert_int_equal(file_write_all(fd, whole.p, (size_t)size, NULL), OK);
            assert_int_equal(zeroed ? ftruncate(fd, after.st_size) : 0, 0);
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

/* A byte changed in a frame with another behind it is damage and is said to be so: no writer cuts off what comes after. */
static void damage_is_not_taken_for_a_crash(void **state)
{
    make();
    char path[160];
    path_of("000000.0", path);
    struct key_store *k = open_store(KEYS_WRITE);
    add(k, 0, 20);
    add(k, 20, 40);
    keys_close(k);
    struct buf whole;
    buf_init(&whole, 1 << 20);
    assert_int_equal(file_read(path, &whole, NULL), OK);
    for (size_t at = 0; at < SEGMENT_HEADING + frame_bytes(20); at += 3) {
        int fd = open(path, O_RDWR);
        char b = (char)(whole.p[at] ^ 1);
        assert_int_equal(pwrite(fd, &b, 1, (off_t)at), 1);
        struct fault f = {0};
        assert_int_equal(keys_open(dir, KEYS_WRITE, &k, &f), ERR_DAMAGED);
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
    assert_true(n == 2 && subject_eq(&list[0].party, &x.party) && list[0].at == x.at);
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

static int add_ten(void *arg)
{
    struct key_store *k;
    if (keys_open(dir, KEYS_WRITE, &k, NULL) || keys_load(k, NULL))
        return 1;
    for (uint32_t i = 40; i < 50; i++) {
        uint8_t key[32];
        struct subject_id id = person(i);
        if (keys_person_new(k, &id, key, NULL))
            return 2;
    }
    return keys_flush(k, NULL) ? 3 : 0;
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

/* ---- slots ---- */

static struct fault quorum(struct key_store *k, unsigned need, unsigned n, struct share *out)
{
    struct key_slot slot;
    struct fault f = {0};
    assert_int_equal(slot_quorum(need, n, keys_master(k), &slot, out, &f), OK);
    keys_add_quorum(k, &slot, false, &f);
    return f;
}

static void locked_but_for_a_quorum(void **state)
{
    make();
    struct share s[5];
    struct key_store *k = open_store(KEYS_WRITE), *r = open_store(KEYS_READ), *none;
    struct fault f = {0};
    uint8_t key[32], before[32];
    char master[160];
    add(k, 0, 10);
    assert_int_equal(get(r, 3, before), OK);
    assert_int_equal(keys_lock(dir, &f), ERR_REFUSED); /* no share set: it would be for ever */
    assert_string_equal(f.want, "want.share_set");
    assert_int_equal(quorum(k, 3, 5, s).code, OK);
    struct key_erased x = erased_of(k, 9); /* a fresh master reaches the shares that lie in five drawers */
    assert_int_equal(keys_erase(k, &x, 1, NULL), OK);
    assert_int_equal(keys_lock(dir, &f), OK);
    assert_int_equal(get(r, 3, key), ERR_LOCKED); /* those that were open */
    assert_int_equal(get(k, 3, key), ERR_LOCKED);
    assert_int_equal(keys_look(r, &f), ERR_LOCKED);
    struct subject_id late = person(77);
    assert_int_equal(keys_person_new(k, &late, key, NULL), ERR_LOCKED);
    assert_int_equal(keys_flush(k, NULL), ERR_LOCKED);
    assert_true(r->master[0] == 0 && sodium_is_zero(r->master, 32) && sodium_is_zero(r->secret, 32));
    assert_int_equal(keys_open(dir, KEYS_READ, &none, &f), ERR_LOCKED);
    assert_int_equal(keys_open(dir, KEYS_WRITE, &none, &f), ERR_LOCKED);
    path_of("master", master);
    assert_int_not_equal(access(master, F_OK), 0);
    assert_int_equal(keys_unlock(dir, s, 2, &f), ERR_MISSING);
    struct share wrong[3] = {s[0], s[1], s[2]};
    wrong[1].y[5] ^= 1;
    assert_int_equal(keys_unlock(dir, wrong, 3, &f), ERR_KEY);
    struct share quorate[3] = {s[4], s[0], s[2]};
    assert_int_equal(keys_unlock(dir, quorate, 3, &f), OK);
    assert_int_equal(get(r, 3, key), OK); /* and the same readers go on */
    assert_memory_equal(key, before, 32);
    assert_int_equal(get(r, 9, key), ERR_NOT_FOUND);
    keys_close(k);
    keys_close(r);
    k = open_store(KEYS_WRITE);
    add(k, 100, 105);
    assert_int_equal(keys_lock(dir, NULL), OK);
    assert_int_equal(keys_unlock(dir, s, 5, NULL), OK);
    keys_close(k);
}

static void write_file(const char *path, const char *text)
{
    assert_int_equal(file_replace(path, slice_str(text), 0600, NULL), OK);
}

static void a_passphrase_opens_it(void **state)
{
    make();
    char pass[160];
    uint8_t key[32];
    struct key_slot slot;
    struct key_store *k = open_store(KEYS_WRITE);
    struct fault f = {0};
    add(k, 0, 10);
    assert_int_equal(slot_passphrase(SLICE("short"), 1, 64, keys_master(k), &slot, &f), ERR_RANGE);
    assert_int_equal(slot_passphrase(SLICE("seven white herons"), 1, 64, keys_master(k), &slot, &f), OK);
    assert_int_equal(keys_set_master(k, &slot, &f), OK);
    keys_close(k);
    char master[160];
    path_of("master", master);
    assert_int_not_equal(access(master, F_OK), 0);
    unsetenv("ATHAR_PASSPHRASE_FILE");
    assert_int_equal(keys_open(dir, KEYS_READ, &k, &f), ERR_NOT_FOUND);
    assert_string_equal(f.want, "want.passphrase_file");
    snprintf(pass, sizeof pass, "%s/pass", dir);
    setenv("ATHAR_PASSPHRASE_FILE", pass, 1);
    write_file(pass, "seven white heron\n");
    assert_int_equal(keys_open(dir, KEYS_READ, &k, &f), ERR_KEY);
    write_file(pass, "seven white herons\n");
    k = open_store(KEYS_WRITE);
    assert_int_equal(get(k, 4, key), OK);
    struct key_erased x = erased_of(k, 4);
    unsetenv("ATHAR_PASSPHRASE_FILE"); /* an erasure needs it no second time */
    assert_int_equal(keys_erase(k, &x, 1, &f), OK);
    assert_int_equal(get(k, 5, key), OK);
    keys_close(k);
    setenv("ATHAR_PASSPHRASE_FILE", pass, 1);
    keys_close(open_store(KEYS_READ));
    unsetenv("ATHAR_PASSPHRASE_FILE");
}

/* SoftHSM, the token of OpenDNSSEC, in a folder of the test's own. */
static void a_token_opens_it(void **state)
{
    static const char module[] = "/usr/lib/softhsm/libsofthsm2.so";
    char conf[160], text[256], command[256], pin[160];
    uint8_t key[32];
    struct key_slot slot;
    struct fault f = {0};
    make();
    snprintf(conf, sizeof conf, "%s/softhsm2.conf", dir);
    snprintf(text, sizeof text, "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n", dir);
    write_file(conf, text);
    snprintf(command, sizeof command, "mkdir '%s/tokens' && softhsm2-util --init-token --free --label 'office one' --so-pin 4321 --pin 987654 >/dev/null",
        dir);
    setenv("SOFTHSM2_CONF", conf, 1);
    assert_int_equal(system(command), 0);
    struct key_store *k = open_store(KEYS_WRITE);
    add(k, 0, 10);
    assert_int_equal(slot_token(slice_str(module), SLICE("office two"), SLICE("987654"), keys_master(k), &slot, &f), ERR_NOT_FOUND);
    assert_int_equal(slot_token(slice_str(module), SLICE("office one"), SLICE("111111"), keys_master(k), &slot, &f), ERR_KEY);
    if (slot_token(slice_str(module), SLICE("office one"), SLICE("987654"), keys_master(k), &slot, &f))
        fail_msg("token: %s %s", f.field, f.value);
    assert_int_equal(keys_set_master(k, &slot, &f), OK);
    keys_close(k);
    unsetenv("ATHAR_PIN_FILE");
    assert_int_equal(keys_open(dir, KEYS_READ, &k, &f), ERR_NOT_FOUND);
    snprintf(pin, sizeof pin, "%s/pin", dir);
    setenv("ATHAR_PIN_FILE", pin, 1);
    write_file(pin, "987654\n");
    k = open_store(KEYS_WRITE);
    struct key_erased x = erased_of(k, 4);
    assert_int_equal(keys_erase(k, &x, 1, &f), OK);
    assert_int_equal(get(k, 5, key), OK);
    struct keys_status s;
    assert_int_equal(keys_status(dir, k, &s, NULL), OK);
    assert_true(s.slot_count == 1 && s.slot[0].type == KEY_SLOT_TOKEN && !strcmp(s.slot[0].where, "office one") && s.persons == 9);
    keys_close(k);
    snprintf(command, sizeof command, "rm -rf '%s/tokens'/*", dir); /* the token is lost */
    assert_int_equal(system(command), 0);
    assert_int_equal(keys_open(dir, KEYS_READ, &k, &f), ERR_NOT_FOUND);
    unsetenv("ATHAR_PIN_FILE");
}

/* ---- backup ---- */

static void a_backup_gives_back_all_but_the_erased(void **state)
{
    make();
    char file[160];
    uint8_t key[32], before[32];
    struct fault f = {0};
    struct key_store *k = open_store(KEYS_WRITE);
    add(k, 0, 30);
    assert_int_equal(get(k, 5, before), OK);
    snprintf(file, sizeof file, "%s/backup", dir);
    assert_int_equal(keys_backup(k, file, 1000, 1000, &f), ERR_RANGE);
    assert_int_equal(keys_backup(k, file, 1000, 2000, &f), OK);
    add(k, 30, 40);
    struct key_erased x = erased_of(k, 8);
    assert_int_equal(keys_erase(k, &x, 1, NULL), OK);
    keys_close(k);
    assert_int_equal(keys_restore(dir, file, 2000, NULL, 0, &f), ERR_REFUSED); /* the day itself is too late */
    assert_string_equal(f.want, "want.backup_not_expired");
    assert_int_equal(keys_restore(dir, file, 1999, NULL, 0, &f), OK);
    k = open_store(KEYS_WRITE);
    assert_int_equal(get(k, 5, key), OK);
    assert_memory_equal(key, before, 32);
    assert_int_equal(get(k, 8, key), ERR_NOT_FOUND);  /* erased after the backup, and the list knows it */
    assert_int_equal(get(k, 35, key), ERR_NOT_FOUND); /* not there yet when it was made */
    keys_close(k);
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(file_read(file, &b, NULL), OK);
    for (size_t at = 0; at < b.n; at += 11) { /* also the day of expiry */
        b.p[at] ^= 1;
        assert_int_equal(file_replace(file, buf_view(&b), 0600, NULL), OK);
        enum err e = keys_restore(dir, file, 1500, NULL, 0, &f);
        assert_true(e == ERR_DAMAGED || e == ERR_KEY || e == ERR_NOT_FOUND || e == ERR_CONFLICT);
        b.p[at] ^= 1;
    }
    buf_free(&b);
}

static void a_lost_store_comes_back_with_a_quorum(void **state)
{
    make();
    struct share s[3];
    char file[160], command[200];
    uint8_t key[32];
    struct fault f = {0};
    struct key_store *k = open_store(KEYS_WRITE);
    add(k, 0, 30);
    assert_int_equal(quorum(k, 2, 3, s).code, OK);
    snprintf(file, sizeof file, "%s/backup", dir);
    assert_int_equal(keys_backup(k, file, 1000, 2000, &f), OK);
    keys_close(k);
    snprintf(command, sizeof command, "rm -rf '%s/keystore'", dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(keys_restore(dir, file, 1500, NULL, 0, &f), ERR_NOT_FOUND); /* the master file */
    assert_int_equal(keys_restore(dir, file, 1500, s, 1, &f), ERR_MISSING);
    assert_int_equal(keys_restore(dir, file, 1500, s + 1, 2, &f), OK);
    k = open_store(KEYS_WRITE);
    assert_int_equal(get(k, 5, key), OK);
    keys_close(k);
    drop_dir(dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    make(); /* another register's store is not written over */
    assert_int_equal(file_replace(file, SLICE("ATHRKBK2"), 0600, NULL), OK);
    assert_int_equal(keys_restore(dir, file, 1500, s, 3, &f), ERR_DAMAGED);
}

/* ---- version 1 ---- */

static void an_old_key_file_becomes_a_store(void **state)
{
    static const char text[] = "athar-keys 1\n"
        "register_id 000102030405060708090a0b0c0d0e0f\n"
        "register 1111111111111111111111111111111111111111111111111111111111111111\n"
        "person_root 0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b\n"
        "import 2222222222222222222222222222222222222222222222222222222222222222\n"
        "blind 3333333333333333333333333333333333333333333333333333333333333333\n"
        "index 4444444444444444444444444444444444444444444444444444444444444444\n";
    char path[160];
    uint8_t want[32], key[32], root[32];
    struct keys keys;
    struct subject_id id = person(1);
    memset(root, 0x0b, sizeof root);
    hash_hmac(root, id.b, 16, want);
    snprintf(path, sizeof path, "%s/keys", dir);
    write_file(path, text);
    struct key_store *k = open_store(KEYS_READ);
    assert_int_equal(get(k, 1, key), OK);
    assert_memory_equal(key, want, 32);
    keys_close(k);
    assert_int_equal(keys_create(dir, source_random, &src, NULL), ERR_EXISTS);
    for (int given_up = 1; given_up >= 0; given_up--) {
        assert_int_equal(keys_upgrade_begin(dir, &k, NULL), OK);
        assert_int_equal(keys_upgrade_person(k, &id, NULL), OK);
        assert_int_equal(keys_upgrade_person(k, &id, NULL), OK);
        if (given_up)
            keys_close(k);
        else
            assert_int_equal(keys_upgrade_end(k, NULL), OK);
    }
    assert_int_not_equal(access(path, F_OK), 0);
    k = open_store(KEYS_WRITE);
    assert_int_equal(get(k, 1, key), OK);
    assert_memory_equal(key, want, 32);
    assert_int_equal(get(k, 2, key), ERR_NOT_FOUND); /* the root is gone */
    keys_copy(k, &keys);
    assert_true(keys.reg[5] == 0x11 && keys.import[0] == 0x22 && keys.blind[31] == 0x33 && keys.index[9] == 0x44);
    keys_close(k);
}

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
#define T(f) cmocka_unit_test_setup_teardown(f, begin_test, end_test)
    const struct CMUnitTest tests[] = {T(what_is_kept_is_found_again), T(keys_of_two_persons_differ_and_mean_nothing_to_the_next_process),
        T(a_reader_sees_what_is_added), T(many_persons), T(many_small_commits_become_one_frame), T(the_worked_segment), T(a_frame_cut_off_anywhere),
        T(damage_is_not_taken_for_a_crash), T(an_erased_key_is_nowhere), T(the_old_files_do_not_open_with_the_new_master),
        T(an_erasure_killed_at_any_write), T(a_flush_killed_at_any_write), T(locked_but_for_a_quorum), T(a_passphrase_opens_it), T(a_token_opens_it),
        T(a_backup_gives_back_all_but_the_erased), T(a_lost_store_comes_back_with_a_quorum), T(an_old_key_file_becomes_a_store),
        T(a_kept_store_reads_what_was_added), T(what_others_erase_and_lock_counts_in_a_kept_store_at_once),
        T(new_keys_stay_until_they_are_on_the_disk), T(a_kept_store_mends_what_a_killed_writer_left), T(filters_lose_nobody), T(a_person_has_one_key_whoever_writes), T(processes_side_by_side_keep_one_key_a_person),
        T(test_readers_of_new_keys)};
    if (seal_init())
        return 1;
    if (getenv("ONLY")) /* under the thread sanitizer: those that start threads */
        cmocka_set_test_filter(getenv("ONLY"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
