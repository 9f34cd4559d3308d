/* For tests of the key store: one in a directory of its own, persons by number. Beside register_help.h. */
#ifndef TESTS_KEYS_HELP_H
#define TESTS_KEYS_HELP_H
#include "base/hash.h"
#include "keys/keys.h"
#include "keys/keys_in.h"
#include "register_help.h"

static char dir[64];
static struct source src;

static inline int begin_test(void **state)
{
    src = (struct source){.drawn = 1, .now = 1700000000000};
    new_dir(dir);
    return 0;
}

static inline int end_test(void **state)
{
    drop_dir(dir);
    return 0;
}

static inline void make(void)
{
    assert_int_equal(keys_create(dir, source_random, &src, NULL), OK);
}

static inline struct key_store *open_store(enum keys_mode mode)
{
    struct key_store *k;
    struct fault f = {0};
    if (keys_open(dir, mode, &k, &f))
        fail_msg("open: %s %s %s", err_name(f.code), f.field, f.want);
    return k;
}

static inline struct subject_id person(uint32_t n)
{
    struct subject_id id;
    struct hash h = hash_of(&n, sizeof n);
    memcpy(id.b, h.b, sizeof id.b);
    return id;
}

static inline void add(struct key_store *k, uint32_t from, uint32_t to)
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

static inline enum err get(struct key_store *k, uint32_t n, uint8_t out[32])
{
    struct subject_id id = person(n);
    return keys_person(k, &id, out);
}

static inline struct key_erased erased_of(struct key_store *k, uint32_t n)
{
    struct key_erased x = {.party = person(n), .at = 1700000000000};
    uint8_t key[32];
    assert_int_equal(get(k, n, key), OK);
    key_mark(key, x.mark);
    return x;
}

static inline void add_and_close(uint32_t from, uint32_t to)
{
    struct key_store *k = open_store(KEYS_WRITE);
    add(k, from, to);
    keys_close(k);
}

static inline void path_of(const char *name, char out[160])
{
    snprintf(out, 160, "%s/keystore/%s", dir, name);
}

/* All bytes of all files of the folder. */
static inline void all_bytes(struct buf *out)
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

static inline bool holds(const void *p, size_t n)
{
    struct buf b;
    all_bytes(&b);
    bool found = memmem(b.p, b.n, p, n) != NULL;
    buf_free(&b);
    return found;
}

static inline int add_ten(void *arg)
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

static inline struct fault quorum(struct key_store *k, unsigned need, unsigned n, struct share *out)
{
    struct key_slot slot;
    struct fault f = {0};
    assert_int_equal(slot_quorum(need, n, keys_master(k), &slot, out, &f), OK);
    keys_add_quorum(k, &slot, false, &f);
    return f;
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin_test, end_test)
#endif
