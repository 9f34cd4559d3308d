/* The key store at the size of a country: new keys, one key found without a table, one looked for in vain, all loaded, one person erased.
 * Usage: bench_keys DIR [PERSONS]; DIR must not exist. Says seconds, bytes and, as the measure of the disk in the same run, a
 * plain write and sync of as many bytes as one erasure writes. */
#include "base/file.h"
#include "base/hash.h"
#include "keys/keys.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "base/time.h"

static void fill(void *arg, void *out, size_t n)
{
    seal_random(out, n);
}

static struct subject_id person(uint64_t n)
{
    struct subject_id id;
    struct hash h = hash_of(&n, sizeof n);
    memcpy(id.b, h.b, sizeof id.b);
    return id;
}

static double since(int64_t begun)
{
    return (double)(time_mono_ns() - begun) / 1e9;
}

static void check(enum err e, const char *what)
{
    if (e) {
        fprintf(stderr, "%s: %s\n", what, err_name(e));
        exit(1);
    }
}

static void add_all(struct key_store *k, uint64_t n)
{
    int64_t begun = time_mono_ns(), flushed = 0;
    uint8_t key[SEAL_KEY];
    for (uint64_t i = 0; i < n; i++) {
        struct subject_id id = person(i);
        check(keys_person_new(k, &id, key, NULL), "new");
        if (i % 8192 == 8191 || i + 1 == n) {
            int64_t at = time_mono_ns();
            check(keys_flush(k, NULL), "flush");
            flushed += time_mono_ns() - at;
        }
    }
    printf("new keys: %.2f s for %llu, of which %.2f s sealing, writing and syncing frames of 8,192\n", since(begun), (unsigned long long)n,
        (double)flushed / 1e9);
}

static void erase_some(struct key_store *k, const char *dir, uint64_t n)
{
    enum { TIMES = 10 };
    double least = 1e9, all = 0;
    struct keys_status s;
    for (uint64_t i = 0; i < TIMES; i++) {
        struct key_erased x = {.party = person(n / TIMES * i + 3), .at = 1};
        uint8_t key[SEAL_KEY];
        check(keys_person(k, &x.party, key), "find");
        key_mark(key, x.mark);
        int64_t begun = time_mono_ns();
        check(keys_erase(k, &x, 1, NULL), "erase");
        double t = since(begun);
        all += t;
        least = t < least ? t : least;
    }
    check(keys_status(dir, NULL, &s, NULL), "status");
    printf("erase one of %llu: %.1f ms mean, %.1f ms least; store %llu bytes in %llu segments\n", (unsigned long long)n, all / TIMES * 1e3,
        least * 1e3, (unsigned long long)s.bytes, (unsigned long long)s.segments);
}

/* What each new person costs before he has a key. */
static void look_in_vain(struct key_store *k, uint64_t from, uint64_t times, const char *what)
{
    uint8_t key[SEAL_KEY];
    int64_t begun = time_mono_ns();
    for (uint64_t i = 0; i < times; i++) {
        struct subject_id id = person(from + i);
        if (keys_person(k, &id, key) != ERR_NOT_FOUND)
            check(ERR_BUG, what);
    }
    printf("look in vain, %s: %.4f ms each\n", what, since(begun) * 1e3 / (double)times);
}

static void plain_write(const char *dir)
{
    char path[600];
    struct buf b;
    buf_init(&b, 8u << 20);
    memset(buf_room(&b, 3200000), 7, 3200000);
    snprintf(path, sizeof path, "%s/plain", dir);
    int64_t begun = time_mono_ns();
    for (int i = 0; i < 5; i++)
        check(file_replace(path, buf_view(&b), 0600, NULL), "write");
    printf("a plain file of 3.2 MB, written, synced and renamed: %.1f ms\n", since(begun) / 5 * 1e3);
    buf_free(&b);
}

int main(int argc, char **argv)
{
    struct key_store *k;
    uint64_t n = 10000000;
    uint8_t key[SEAL_KEY];
    if (argc < 2 || seal_init() || mkdir(argv[1], 0700) || (argc > 2 && !slice_u64(slice_str(argv[2]), 400000000, &n)))
        return 2;
    check(keys_create(argv[1], fill, NULL, NULL), "create");
    check(keys_open(argv[1], KEYS_WRITE, &k, NULL), "open");
    check(keys_load(k, NULL), "load");
    add_all(k, n);
    keys_close(k);
    int64_t begun = time_mono_ns();
    check(keys_open(argv[1], KEYS_READ, &k, NULL), "open");
    struct subject_id id = person(n / 2);
    check(keys_person(k, &id, key), "find");
    printf("open and find the first: %.1f ms\n", since(begun) * 1e3);
    look_in_vain(k, n, 1, "once");
    look_in_vain(k, n + 1, 20, "20 times while filters are made");
    look_in_vain(k, n + 21, 1000, "a thousand with filters");
    begun = time_mono_ns();
    for (uint64_t i = 0; i < 1000; i++) {
        id = person(i * (n / 1000));
        check(keys_person(k, &id, key), "find");
    }
    printf("find one without a table: %.3f ms\n", since(begun));
    begun = time_mono_ns();
    check(keys_load(k, NULL), "load");
    printf("load all: %.2f s\n", since(begun));
    keys_close(k);
    check(keys_open(argv[1], KEYS_WRITE, &k, NULL), "open");
    erase_some(k, argv[1], n);
    plain_write(argv[1]);
    keys_close(k);
    return 0;
}
