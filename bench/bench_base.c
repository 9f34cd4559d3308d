/* Speed of what everything stands on, each beside a peer measured in the same run: hashing of small inputs beside OpenSSL's
 * one-shot call, JSON writing beside jansson, CSV reading beside one look at each byte. Best of five; by hand, never in ./test.
 * Usage: bench_base */
#include "base/cjson.h"
#include "base/csv.h"
#include "base/hash.h"
#include "base/time.h"

#include <jansson.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS 5
#define HASHES 500000
#define ITEMS 100000
#define CSV_ROWS 200000

struct csv_job {
    int fd;
    struct buf text;
    uint64_t sum;
};

/* Best nanoseconds of a round. */
static double best_of(void (*job)(void *arg), void *arg)
{
    double best = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t from = time_mono_ns();
        job(arg);
        double took = (double)(time_mono_ns() - from);
        best = i == 0 || took < best ? took : best;
    }
    return best;
}

static void hash_ours(void *arg)
{
    struct hash h = {{0}};
    char data[65] = {0};
    for (int i = 0; i < HASHES; i++) {
        h = hash_of(data, sizeof data);
        memcpy(data, h.b, sizeof h.b);
    }
}

static void hash_one_shot(void *arg)
{
    uint8_t data[65] = {0}, h[32];
    for (int i = 0; i < HASHES; i++) {
        SHA256(data, sizeof data, h);
        memcpy(data, h, sizeof h);
    }
}

static void write_ours(void *arg)
{
    struct buf *out = arg;
    struct cj j;
    buf_reset(out);
    cj_open(&j, out);
    cj_arr(&j);
    for (int i = 0; i < ITEMS; i++) {
        cj_obj(&j);
        cj_kstr(&j, "id", SLICE("ab12cd34ef56ab12cd34ef56ab12cd34"));
        cj_kstr(&j, "make", SLICE("TAURUS"));
        cj_kint(&j, "rank", i);
        cj_kstr(&j, "serial", SLICE("PT123456"));
        cj_obj_end(&j);
    }
    cj_arr_end(&j);
}

static void write_jansson(void *arg)
{
    free(json_dumps(arg, JSON_COMPACT | JSON_SORT_KEYS));
}

static void parse_ours(void *arg)
{
    struct arena a;
    struct cj_value *v;
    arena_init(&a, (size_t)1 << 30);
    if (cj_parse(&a, *(struct slice *)arg, &v, NULL) != OK)
        abort();
    arena_free(&a);
}

static void parse_jansson(void *arg)
{
    const struct slice *json = arg;
    json_decref(json_loadb(json->p, json->n, 0, NULL));
}

static void read_csv(void *arg)
{
    struct csv_job *job = arg;
    struct csv_row row;
    lseek(job->fd, 0, SEEK_SET);
    struct csv *c = csv_open(job->fd, ',', "UTF-8");
    while (csv_next(c, &row, NULL) == OK)
        job->sum += row.count;
    csv_close(c);
}

static void look_at_bytes(void *arg)
{
    struct csv_job *job = arg;
    for (size_t i = 0; i < job->text.n; i++)
        job->sum += job->text.p[i] == ',' || job->text.p[i] == '\n' || job->text.p[i] == '"';
}

static void bench_hash(void)
{
    double ours = best_of(hash_ours, NULL) / HASHES, one_shot = best_of(hash_one_shot, NULL) / HASHES;
    printf("hash of 65 bytes   %7.1f ns       one-shot %7.1f ns   %.2f times faster\n", ours, one_shot, one_shot / ours);
}

static void bench_json(void)
{
    struct buf out;
    buf_init(&out, (size_t)1 << 30);
    double ours = best_of(write_ours, &out);
    struct slice json = buf_view(&out);
    json_t *tree = json_loadb(json.p, json.n, 0, NULL);
    double other = best_of(write_jansson, tree), mb = (double)json.n / 1e6;
    printf("JSON written       %7.0f MB/s     jansson  %7.0f MB/s %.2f times faster\n", mb / ours * 1e9, mb / other * 1e9, other / ours);
    json_decref(tree);
    ours = best_of(parse_ours, &json);
    other = best_of(parse_jansson, &json);
    printf("JSON read          %7.0f MB/s     jansson  %7.0f MB/s %.2f times faster\n", mb / ours * 1e9, mb / other * 1e9, other / ours);
    buf_free(&out);
}

static void bench_csv(void)
{
    struct csv_job job = {.fd = memfd_create("csv", 0)};
    buf_init(&job.text, (size_t)1 << 30);
    for (int i = 0; i < CSV_ROWS; i++)
        buf_printf(&job.text, "%d,\"Taurus, Forjas\",PT%06d,9mm,%d-03-04,\"seen \"\"worn\"\" on\nframe\",Recife\r\n", i, i * 7 % 1000000, 1990 + i % 30);
    if (job.fd < 0 || write(job.fd, job.text.p, job.text.n) != (ssize_t)job.text.n)
        abort();
    double ours = best_of(read_csv, &job), other = best_of(look_at_bytes, &job), mb = (double)job.text.n / 1e6;
    printf("CSV read           %7.0f MB/s     a look   %7.0f MB/s %.2f of its speed (%llu)\n", mb / ours * 1e9, mb / other * 1e9, other / ours,
        (unsigned long long)job.sum);
    buf_free(&job.text);
    close(job.fd);
}

int main(void)
{
    bench_hash();
    bench_json();
    bench_csv();
    return 0;
}
