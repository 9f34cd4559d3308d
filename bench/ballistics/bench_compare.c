/* Full comparisons a second at 25, 12.5 and 6.25 um on all cores, and how much of what FFTW alone could do that is: the same number of transforms of a
 * cell's region (one forward and one back for each cell and angle) in plain batches, measured on the same cores in the same run. Rates are of processor
 * time times cores, so that other processes on the machine do not count; the wall's rate stands beside them.
 * Usage: bench_compare [FOLDER [SECONDS]]: X3P files of breech faces; the six of data/examples unless given; seconds for each pitch (8). */
#include "ballistics/batch.h"
#include "ballistics/compare_in.h"
#include "ballistics/share.h"
#include "base/time.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PEER_PAIRS 780
#define PEER_SECONDS (7 * 3600)
#define BATCH 30 /* cells of a direction at one angle */

struct run {
    const struct compare *c;
    const struct batch *b;
    int64_t until;
    atomic_ullong pairs, searches, nanos;
};

/* Processor time of this thread. */
static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void *work_new(void *arg)
{
    const struct run *r = arg;
    return compare_work_new(r->c);
}

static void work_free(void *w)
{
    compare_work_free(w);
}

static void pairs_job(void *arg, size_t thread, void *work)
{
    struct run *r = arg;
    struct compare_work *w = work;
    struct compare_result result;
    size_t n = batch_count(r->b), at = thread * 7919;
    int64_t begun = cpu_ns();
    while (time_mono_ns() < r->until) {
        size_t i = at % n, j = (i + 1 + at / n % (n - 1)) % n;
        at += 1;
        if (!batch_at(r->b, i)->side || !batch_at(r->b, j)->side)
            continue;
        compare_run(r->c, batch_at(r->b, i)->side, batch_at(r->b, j)->side, w, &result);
        atomic_fetch_add(&r->pairs, 1);
        atomic_fetch_add(&r->searches, (unsigned long long)w->forward.angles * w->forward.cells + (unsigned long long)w->back.angles * w->back.cells);
    }
    atomic_fetch_add(&r->nanos, (unsigned long long)(cpu_ns() - begun));
}

/* FFTW by itself: batches of r2c and c2r of a region, out of one array into another. */
struct peer {
    size_t n;
    fftwf_plan forward, back;
    int64_t until;
    atomic_ullong done, nanos;
};

static void peer_job(void *arg, size_t thread, void *work)
{
    struct peer *p = arg;
    size_t points = p->n * p->n, half = p->n * (p->n / 2 + 1);
    float *z = fftwf_malloc(sizeof(float) * points * BATCH), *s = fftwf_malloc(sizeof(float) * 2 * half * BATCH);
    for (size_t i = 0; i < points * BATCH; i++)
        z[i] = (float)(i * 2654435761u % 1000) / 1000;
    int64_t begun = cpu_ns();
    while (time_mono_ns() < p->until) {
        fftwf_execute_dft_r2c(p->forward, z, (fftwf_complex *)(void *)s);
        fftwf_execute_dft_c2r(p->back, (fftwf_complex *)(void *)s, z);
        z[0] = 1;
        if (atomic_fetch_add(&p->done, BATCH) % (16 * BATCH) == 0)
            memset(z, 0, sizeof(float) * points * BATCH); /* values grow by the number of points each time */
    }
    atomic_fetch_add(&p->nanos, (unsigned long long)(cpu_ns() - begun));
    fftwf_free(z);
    fftwf_free(s);
}

/* Pairs of transforms a second on `threads` cores. */
static double peer_rate(size_t n, unsigned threads, double seconds)
{
    struct peer p = {.n = n};
    size_t points = n * n, half = n * (n / 2 + 1);
    float *z = fftwf_malloc(sizeof(float) * points * BATCH), *s = fftwf_malloc(sizeof(float) * 2 * half * BATCH);
    int size[2] = {(int)n, (int)n};
    p.forward = fftwf_plan_many_dft_r2c(2, size, BATCH, z, NULL, 1, (int)points, (fftwf_complex *)(void *)s, NULL, 1, (int)half, FFTW_MEASURE);
    p.back = fftwf_plan_many_dft_c2r(2, size, BATCH, (fftwf_complex *)(void *)s, NULL, 1, (int)half, z, NULL, 1, (int)points, FFTW_MEASURE);
    fftwf_free(z);
    fftwf_free(s);
    p.until = time_mono_ns() + (int64_t)(seconds * 1e9);
    const struct share share = {.job = peer_job, .arg = &p, .count = threads, .threads = threads};
    share_run(&share, NULL);
    double rate = (double)p.done / ((double)p.nanos / 1e9) * threads;
    fftwf_destroy_plan(p.forward);
    fftwf_destroy_plan(p.back);
    return rate;
}

static int measure(const char *dir, uint32_t points, unsigned threads, double seconds)
{
    struct batch_settings set = {.compare = compare_standard, .threads = threads};
    struct batch *b;
    struct compare *c;
    struct fault f = {0};
    set.compare.points = points;
    if (batch_open(dir, &set, &b, &f) || compare_new(&set.compare, &c, &f)) {
        fprintf(stderr, "bench_compare: %s: %s %s\n", dir, err_name(f.code), f.field);
        return 1;
    }
    struct run r = {.c = c, .b = b, .until = time_mono_ns() + (int64_t)(seconds * 1e9)};
    int64_t begun = time_mono_ns();
    const struct share share = {pairs_job, work_new, work_free, NULL, &r, threads, threads};
    share_run(&share, NULL);
    double wall = (double)r.pairs / ((double)(time_mono_ns() - begun) / 1e9), took = (double)r.nanos / 1e9 / threads;
    double pairs = (double)r.pairs / took, searches = (double)r.searches / took;
    double peer = peer_rate(c->region, threads, seconds / 4);
    printf("| %g um | %zu x %zu | %.1f | %.1f | %.0f | %.0f | %.0f | %.2f | %.0f |\n", set.compare.cell / points * 1e6, c->region, c->region, pairs, wall,
        (double)r.searches / (double)r.pairs, searches, peer, searches / peer, pairs / ((double)PEER_PAIRS / PEER_SECONDS));
    fflush(stdout);
    compare_free(c);
    batch_free(b);
    return 0;
}

int main(int argc, char **argv)
{
    const char *dir = argc > 1 ? argv[1] : ATHAR_SOURCE_ROOT "/data/examples/ballistics-fadul/scans";
    double seconds = argc > 2 ? atof(argv[2]) : 8;
    unsigned threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    int wrong = 0;
    printf("Full turn, both directions, %u threads, kernels %s; files read and prepared beforehand.\n\n", threads, ballistics_kernels()->name);
    puts("| pitch | transform | pairs/s | by the wall | cells x angles a pair | cells x angles/s | FFTW alone: transforms there and back/s | share of FFTW's peak | times the published peer |");
    puts("|---|---|---|---|---|---|---|---|---|");
    for (uint32_t points = 16; points <= 64 && !wrong; points *= 2)
        wrong = measure(dir, points, threads, seconds);
    printf("\nPeer: cmcR (R), %d pairs in about 7 hours, -30 to 30 degrees at 6.25 um, machine not stated.\n", PEER_PAIRS);
    return wrong;
}
