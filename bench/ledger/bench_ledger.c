/* The log beside the limit of its hashing, in one run: SHA-256 over the same bytes with a reused context and as many threads.
 *   appends    records to root: leaf and tree; the same with tiles and bundles written
 *   verify     a register's folder of tiles, to the root; its database's rows; both
 *   receipt    a check beside its hashes and one signature
 * Usage: bench_ledger DIR [THREADS]: a register with athar import in it. Best of three. By hand, never in ./test. */
#include "base/arena.h"
#include "base/seal.h"
#include "base/time.h"
#include "ledger/receipt.h"
#include "ledger/shelf.h"
#include "ledger/verify.h"
#include "store/store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROUNDS 3
#define SAMPLE 200000 /* records held in memory: their lengths stand for all */
#define THREADS_MAX 16

struct sample {
    struct buf bytes;
    size_t at[SAMPLE + 1], n;
};

static enum err keep(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct sample *s = arg;
    if (s->n == SAMPLE)
        return OK;
    buf_slice(&s->bytes, bytes);
    s->at[++s->n] = s->bytes.n;
    return OK;
}

static struct slice record_at(const struct sample *s, size_t i)
{
    return slice_of(s->bytes.p + s->at[i], s->at[i + 1] - s->at[i]);
}

/* ---- the limit: leaf hashes and node hashes, nothing else ---- */

struct part {
    const struct sample *s;
    uint64_t n;
    pthread_t thread;
    uint8_t sum;
};

static void *hash_all(void *arg)
{
    struct part *w = arg;
    struct hash h = {{0}};
    for (uint64_t i = 0; i < w->n; i++) {
        struct slice r = record_at(w->s, i % w->s->n);
        h = hash_prefixed(0x00, r.p, r.n);
        h = hash_node(&h, &h); /* one node a leaf */
        w->sum ^= h.b[0];
    }
    return NULL;
}

static double limit(const struct sample *s, uint64_t n, int threads)
{
    struct part w[THREADS_MAX];
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t begun = time_mono_ns();
        for (int i = 0; i < threads; i++) {
            w[i] = (struct part){.s = s, .n = n / (uint64_t)threads};
            pthread_create(&w[i].thread, NULL, hash_all, &w[i]);
        }
        for (int i = 0; i < threads; i++)
            pthread_join(w[i].thread, NULL);
        double took = (double)(time_mono_ns() - begun) / 1e9;
        best = round == 0 || took < best ? took : best;
    }
    return best;
}

static void row(const char *what, double seconds, double records, double at_limit)
{
    printf("| %s | %.2f s | %.2f million/s | %.2f |\n", what, seconds, records / seconds / 1e6, at_limit / seconds);
}

/* ---- appends ---- */

static double append_tree(const struct sample *s)
{
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct tree t;
        int64_t begun = time_mono_ns();
        tree_init(&t);
        for (size_t i = 0; i < s->n; i++) {
            struct hash leaf = tree_leaf(record_at(s, i));
            tree_append(&t, &leaf);
        }
        struct hash root = tree_root(&t);
        double took = (double)(time_mono_ns() - begun) / 1e9;
        if (root.b[0] == root.b[1] && root.b[2] == root.b[3] && root.b[4] == root.b[5])
            puts("");
        best = round == 0 || took < best ? took : best;
    }
    return best;
}

static double append_tiles(const struct sample *s)
{
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct shelf shelf;
        char dir[] = "/tmp/bench-ledger-XXXXXX", command[64];
        if (!mkdtemp(dir) || shelf_open(&shelf, dir, 0, NULL))
            exit(1);
        int64_t begun = time_mono_ns();
        for (size_t i = 0; i < s->n; i++) {
            struct slice r = record_at(s, i);
            struct hash leaf = tree_leaf(r);
            if (shelf_put(&shelf, r, &leaf, NULL))
                exit(1);
        }
        double took = (double)(time_mono_ns() - begun) / 1e9;
        best = round == 0 || took < best ? took : best;
        shelf_free(&shelf);
        snprintf(command, sizeof command, "rm -rf %s", dir);
        if (system(command))
            exit(1);
    }
    return best;
}

/* ---- verify ---- */

static enum err rows_open(void *arg, void **out, struct fault *f)
{
    struct store *s = NULL;
    enum err e = store_open(arg, STORE_BYTES, &s, f);
    *out = s;
    return e;
}
static enum err rows_each(void *rows, uint64_t from, uint64_t to, verify_row fn, void *arg, struct fault *f)
{
    return store_each_row(rows, from, to, fn, arg, f);
}
static void rows_close(void *rows)
{
    store_close(rows);
}
static void found(void *arg, const struct verify_found *f)
{
    fprintf(stderr, "wrong: %s %s %llu\n", verify_key(f->what), f->where, (unsigned long long)f->position);
}

static double verify(const char *dir, const char *folder, const struct note_key *key, bool entries, bool rows, int threads, uint64_t *size)
{
    const struct verify_rows from = {rows_open, rows_each, rows_close, (void *)(uintptr_t)dir};
    const struct verify v = {.dir = folder, .key = key, .rows = rows ? &from : NULL, .threads = threads, .entries = entries, .found = found};
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct verify_result r;
        int64_t begun = time_mono_ns();
        if (verify_run(&v, &r, NULL) || r.wrong)
            exit(1);
        double took = (double)(time_mono_ns() - begun) / 1e9;
        best = round == 0 || took < best ? took : best;
        *size = r.size;
    }
    return best;
}

/* ---- receipts ---- */

static void receipts(const struct sample *s, const struct note_key *key, const char *folder, uint64_t size)
{
    struct receipt r = {.position = size / 3};
    struct buf note, text;
    struct checkpoint c;
    struct arena a;
    bool there;
    struct tiles *t = tiles_new(folder, size);
    struct note_found f;
    const int n = 2000;
    arena_init(&a, 64u << 20);
    buf_init(&note, NOTE_MAX);
    buf_init(&text, RECEIPT_MAX);
    if (publish_read(folder, "checkpoint", key, &note, &c, &there, NULL) || tiles_node(t, 0, r.position, &r.record) ||
        proof_inclusion(r.position, size, tiles_node, t, &r.proof))
        exit(1);
    r.note = buf_view(&note);
    if (receipt_json(&r, &text))
        exit(1);
    static const uint8_t seed[SIGN_SEED] = {1};
    struct slice signed_text;
    struct sign_key own;
    uint8_t sig[SIGN_BYTES];
    double best[3] = {0};
    sign_key_of(seed, &own);
    if (note_text(buf_view(&note), &signed_text))
        exit(1);
    sign_make(&own, signed_text, sig);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t at[4] = {time_mono_ns()};
        struct note_found plain;
        struct hash h = r.record;
        for (int i = 0; i < n; i++) { /* the limit: the proof's hashes and one Ed25519 check of the text */
            for (size_t k = 0; k < r.proof.n; k++)
                h = hash_node(&h, &r.proof.hash[k]);
            if (!sign_check(own.pub, signed_text, sig))
                exit(1);
        }
        at[1] = time_mono_ns();
        for (int i = 0; i < n; i++)
            if (receipt_check(&r, key, 1, &plain, &c))
                exit(1);
        at[2] = time_mono_ns();
        for (int i = 0; i < n; i++) { /* from the file's bytes */
            struct receipt read;
            if (receipt_parse(&a, buf_view(&text), &read) || receipt_check(&read, key, 1, &f, &c))
                exit(1);
            arena_reset(&a);
        }
        at[3] = time_mono_ns();
        for (int k = 0; k < 3; k++) {
            double took = (double)(at[k + 1] - at[k]) / 1e3 / n;
            best[k] = round == 0 || took < best[k] ? took : best[k];
        }
    }
    printf("\n| receipt: %zu hashes and a signature | a check | beside the limit |\n|---|---|---|\n", r.proof.n);
    printf("| the limit | %.1f us | 1.00 |\n| checked | %.1f us | %.2f |\n| read from JSON and checked | %.1f us | %.2f |\n", best[0], best[1],
        best[1] / best[0], best[2], best[2] / best[0]);
    buf_free(&note);
    buf_free(&text);
    arena_free(&a);
    mem_free(t);
}

int main(int argc, char **argv)
{
    struct store *store;
    struct sample *s = calloc(1, sizeof *s);
    struct fault f = {0};
    char folder[600], path[700];
    struct buf vkey;
    struct note_key key;
    uint64_t size = 0, last = 0;
    uint64_t given = 2;
    if (argc > 2 && !slice_u64(slice_str(argv[2]), THREADS_MAX, &given))
        given = 0;
    int threads = (int)given;
    if (argc < 2 || !s || threads < 1 || threads > THREADS_MAX || seal_init() || store_open(argv[1], STORE_BYTES, &store, &f)) {
        fprintf(stderr, "usage: bench_ledger DIR [THREADS]\n");
        return 2;
    }
    snprintf(folder, sizeof folder, "%s/log", argv[1]);
    snprintf(path, sizeof path, "%s/vkey", folder);
    buf_init(&s->bytes, 1u << 30);
    buf_init(&vkey, 1024);
    FILE *in = fopen(path, "r");
    char line[1024];
    if (!in || !fgets(line, sizeof line, in) || note_key_parse(slice_trim(slice_str(line)), &key) || store_scan(store, 0, SAMPLE, keep, s, &f) ||
        store_size(store, &last, &f))
        return 1;
    fclose(in);
    store_close(store);
    double one = limit(s, s->n, 1), many = limit(s, last, threads);
    printf("%llu records of %.0f bytes, %d threads\n\n| | time | records | of the limit |\n|---|---|---|---|\n", (unsigned long long)last,
        (double)s->bytes.n / (double)s->n, threads);
    row("SHA-256 alone, 1 thread", one, (double)s->n, one);
    row("append: bytes to root", append_tree(s), (double)s->n, one);
    row("append: bytes to root and tiles", append_tiles(s), (double)s->n, one);
    row("SHA-256 alone, all threads", many, (double)last, many);
    row("verify: tiles and entries", verify(argv[1], folder, &key, true, false, threads, &size), (double)last, many);
    row("verify: the database's rows", verify(argv[1], folder, &key, false, true, threads, &size), (double)last, many);
    row("verify: both", verify(argv[1], folder, &key, true, true, threads, &size), (double)last, many);
    receipts(s, &key, folder, size);
    buf_free(&s->bytes);
    free(s);
    return 0;
}
