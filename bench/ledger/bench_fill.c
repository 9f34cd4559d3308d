/* A register of N records of random bytes (of the length that records of an import have), committed and published as an import does, for
 * bench_ledger: what the bytes say is nothing to the log. Usage: bench_fill DIR N. */
#include "base/arena.h"
#include "base/embed.h"
#include "base/seal.h"
#include "base/time.h"
#include "ledger/log.h"

#include <stdio.h>

#define GROUP 16384
#define BYTES 470 /* mean: 340 to 600 */

static void fill(void *arg, void *out, size_t n)
{
    seal_random(out, n);
}

static enum err group(struct log *l, uint8_t *bytes, uint64_t n, struct fault *f)
{
    enum err e = log_begin(l, f);
    seal_random(bytes, 64);
    for (uint64_t i = 0; !e && i < n; i++) {
        size_t len = BYTES - 130 + (i * 7919) % 260;
        memcpy(bytes, &i, sizeof i);
        struct hash id = hash_prefixed(0x00, bytes, len);
        e = log_append(l, slice_of((const char *)bytes, len), &id, (int64_t)l->tree.size, NULL, f);
    }
    return e ? e : log_commit(l, f);
}

int main(int argc, char **argv)
{
    struct fault f = {0};
    struct store *s = NULL;
    struct log l = {0};
    uint64_t n = 0;
    static uint8_t bytes[1024];
    const struct store_new new = {.origin = SLICE("register.example/bench"), .profile = embed_get("profiles/generic.json"), .random = fill};
    if (argc != 3 || !slice_u64(slice_str(argv[2]), INT64_MAX, &n) || seal_init()) {
        fprintf(stderr, "usage: bench_fill DIR N\n");
        return 2;
    }
    int64_t begun = time_mono_ns();
    enum err e = store_init(argv[1], &new, &f);
    if (!e && !(e = store_open(argv[1], STORE_WRITE, &s, &f)) && !(e = log_open(&l, s, &f)))
        e = log_publish(&l, &f);
    for (uint64_t done = 0; !e && done < n; done += GROUP) {
        e = group(&l, bytes, n - done < GROUP ? n - done : GROUP, &f);
        if (!e && done / GROUP % 32 == 31)
            e = store_tend(s, &f);
    }
    enum err published = log_close(&l, &f);
    double took = (double)(time_mono_ns() - begun) / 1e9;
    store_close(s);
    if (e || published) {
        fprintf(stderr, "%s: %s %s\n", err_name(e ? e : published), f.field, f.value);
        return 1;
    }
    printf("%llu records in %.1f s, %.0f a second\n", (unsigned long long)n, took, (double)n / took);
    return 0;
}
