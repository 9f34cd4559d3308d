#include "ballistics/prints.h"
#include "ballistics/collection_in.h"
#include "ballistics/correct.h"
#include "ballistics/kernel.h"
#include "ballistics/share.h"
#include "ballistics/surface_prepare.h"
#include "base/file.h"

#include <pthread.h>
#include <stdlib.h>
#include "base/banned.h"

#define MAGIC "ATHARPR1"
#define HEAD 64u
#define ALIGN 64u
#define MASK_MEMORY ((size_t)32 << 20)
#define FILE_MAX_BYTES ((size_t)2 << 30)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "prints are kept as float32, least byte first");

struct prints {
    struct buf bytes;
    const struct hash *scan;
    const char *print; /* count prints of `floats` floats */
    size_t count, floats;
};

/* ---- bytes ---- */

static size_t table_bytes(size_t n)
{
    return (n * sizeof(struct hash) + ALIGN - 1) / ALIGN * ALIGN;
}

void prints_print(const struct screen *s, const struct hash *scan, const float *const *print, size_t n, struct buf *out)
{
    size_t begin = out->n, floats = screen_floats(s);
    buf_str(out, MAGIC);
    buf_u32(out, SCREEN_RECIPE);
    buf_u32(out, (uint32_t)floats);
    buf_u64(out, n);
    uint8_t *rest = buf_room(out, HEAD - 24);
    if (!rest)
        return;
    memset(rest, 0, HEAD - 24);
    buf_add(out, scan, n * sizeof *scan);
    for (size_t i = n * sizeof *scan; i < table_bytes(n); i++)
        buf_byte(out, 0);
    for (size_t i = 0; i < n; i++)
        buf_add(out, print[i], floats * sizeof(float));
    if (out->err)
        return;
    struct hash sum = hash_of(out->p + begin + HEAD, out->n - begin - HEAD);
    memcpy(out->p + begin + 32, sum.b, sizeof sum.b);
}

static uint64_t number(const char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | (uint8_t)p[i];
    return v;
}

static bool ascending(const struct prints *p)
{
    for (size_t i = 1; i < p->count; i++)
        if (memcmp(p->scan[i - 1].b, p->scan[i].b, sizeof p->scan->b) >= 0)
            return false;
    return true;
}

static enum err judge(const struct prints *p, const struct screen *s, struct fault *f)
{
    const struct buf *b = &p->bytes;
    if (b->n < HEAD || memcmp(b->p, MAGIC, 8) != 0)
        return fault_set(f, ERR_DAMAGED, PRINTS_FILE, SLICE(""), "want.prints");
    if (number(b->p + 8, 4) != SCREEN_RECIPE || p->floats != screen_floats(s))
        return fault_set(f, ERR_NOT_FOUND, PRINTS_FILE, SLICE(""), "want.prints");
    size_t body = p->count > COLLECTION_MAX ? 0 : table_bytes(p->count) + p->count * p->floats * sizeof(float);
    struct hash sum = hash_of(b->p + HEAD, b->n - HEAD);
    if (p->count > COLLECTION_MAX || b->n - HEAD != body || memcmp(sum.b, b->p + 32, sizeof sum.b) != 0 || !ascending(p))
        return fault_set(f, ERR_DAMAGED, PRINTS_FILE, SLICE(""), "want.prints");
    return OK;
}

enum err prints_take(struct buf *bytes, const struct screen *s, struct prints **out, struct fault *f)
{
    struct prints *p = mem_alloc(1, sizeof *p);
    if (!p)
        return fault_set(f, ERR_MEMORY, PRINTS_FILE, SLICE(""), "");
    p->bytes = *bytes;
    if (bytes->n >= HEAD) {
        p->floats = (size_t)number(bytes->p + 12, 4);
        p->count = (size_t)number(bytes->p + 16, 8);
        p->scan = (const struct hash *)(const void *)(bytes->p + HEAD);
        p->print = bytes->p + HEAD + (p->count > COLLECTION_MAX ? 0 : table_bytes(p->count));
    }
    enum err e = judge(p, s, f);
    if (e) {
        mem_free(p);
        return e;
    }
    buf_init(bytes, bytes->max);
    *out = p;
    return OK;
}

enum err prints_open(const char *dir, const struct screen *s, struct prints **out, struct fault *f)
{
    struct collection c;
    char path[COLLECTION_PATH];
    struct buf b;
    enum err e = collection_begin(dir, &c, f);
    buf_init(&b, FILE_MAX_BYTES);
    if (!e)
        e = collection_path(&c, SLICE(PRINTS_FILE), path, sizeof path, f);
    if (!e)
        e = file_read(path, &b, f);
    if (!e)
        e = prints_take(&b, s, out, f);
    buf_free(&b);
    collection_close(&c);
    return e;
}

void prints_close(struct prints *p)
{
    if (!p)
        return;
    buf_free(&p->bytes);
    mem_free(p);
}

size_t prints_count(const struct prints *p)
{
    return p->count;
}

static int by_hash(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash));
}

static const float *any_print(const struct prints *p, const struct hash *scan)
{
    const struct hash *at = p->count ? bsearch(scan, p->scan, p->count, sizeof *p->scan, by_hash) : NULL;
    return at ? (const float *)(const void *)(p->print + (size_t)(at - p->scan) * p->floats * sizeof(float)) : NULL;
}

bool prints_has(const struct prints *p, const struct hash *scan)
{
    return any_print(p, scan) != NULL;
}

const float *prints_find(const struct prints *p, const struct hash *scan)
{
    const float *v = any_print(p, scan);
    for (size_t i = 0; v && i < p->floats; i++)
        if (v[i] != 0)
            return v;
    return NULL;
}

/* ---- made at enrolment ---- */

struct job { /* one scan */
    const struct specimen *specimen;
    struct hash scan;   /* its key (correct.h) */
    float *made;        /* NULL: the old file has it */
    const float *print;
    struct fault fault;
};
struct making {
    const struct prints_ask *ask;
    struct job *job;
    size_t count;
    pthread_mutex_t lock; /* of done, and of progress */
    uint64_t done;
};

/* Zeros where it cannot be prepared; a fault only where that has nothing to do with the scan. */
static enum err make_print(const struct prints_ask *ask, struct job *j)
{
    struct surface s, ready;
    struct surface_steps steps = {0};
    struct fault f = {0};
    struct mask *mask;
    struct hash sha;
    struct arena a;
    enum err e = collection_surface(ask->collection, j->specimen->file, &s, NULL, &sha, &j->fault);
    if (e)
        return e;
    arena_init(&a, MASK_MEMORY);
    enum err unread = correct_find(ask->collection, &a, j->specimen->file, &sha, &mask, NULL, &j->fault);
    if (!unread)
        e = correct_prepare(&s, mask, SURFACE_STEPS_MAX, &ready, &steps, &f);
    arena_free(&a);
    surface_free(&s);
    if (unread) /* of what was corrected nothing is known: no print, so that it is tried again */
        return unread;
    if (!e) {
        e = screen_print(ask->screen, &ready, j->made, &f);
        surface_free(&ready);
    }
    if (e == ERR_MEMORY)
        j->fault = f;
    else if (e)
        memset(j->made, 0, screen_floats(ask->screen) * sizeof(float));
    return e == ERR_MEMORY ? e : OK;
}

static void make_job(void *arg, size_t i, void *work)
{
    struct making *m = arg;
    struct job *j = &m->job[i];
    if (!j->print && !(j->made = floats_new(screen_floats(m->ask->screen))))
        fault_set(&j->fault, ERR_MEMORY, PRINTS_FILE, SLICE(""), "");
    else if (!j->print && !make_print(m->ask, j))
        j->print = j->made;
    pthread_mutex_lock(&m->lock);
    m->done++;
    if (m->ask->progress)
        m->ask->progress(m->ask->arg, m->done, m->count);
    pthread_mutex_unlock(&m->lock);
}

static bool make_stop(void *arg)
{
    const struct making *m = arg;
    return m->ask->stop && m->ask->stop(m->ask->arg);
}

static int by_scan(const void *a, const void *b)
{
    return memcmp(&((const struct job *)a)->scan, &((const struct job *)b)->scan, sizeof(struct hash));
}

/* The fit scans by SHA-256, each once, with what the old file has of them. */
static enum err list_jobs(struct making *m, const struct prints *old, struct fault *f)
{
    const struct collection *c = m->ask->collection;
    size_t n = 0;
    if (!(m->job = mem_alloc(c->count + 1, sizeof *m->job)))
        return fault_set(f, ERR_MEMORY, PRINTS_FILE, SLICE(""), "");
    for (size_t i = 0; i < c->count; i++)
        if (!c->item[i].unfit.code)
            m->job[n++] = (struct job){.specimen = &c->item[i], .scan = correct_key(c, &c->item[i])};
    if (n)
        qsort(m->job, n, sizeof *m->job, by_scan);
    for (size_t i = 0; i < n; i++)
        if (!i || by_scan(&m->job[i], &m->job[m->count - 1]))
            m->job[m->count++] = m->job[i];
    for (size_t i = 0; i < m->count; i++)
        m->job[i].print = old ? any_print(old, &m->job[i].scan) : NULL;
    return OK;
}

static bool is_zero(const float *v, size_t n)
{
    size_t i = 0;
    while (i < n && v[i] == 0)
        i++;
    return i == n;
}

/* Scans that changed while they were read are left out: they are enrolled anew first. */
static enum err write_prints(const struct making *m, struct prints_counts *n, struct fault *f)
{
    char path[COLLECTION_PATH];
    struct buf b;
    size_t kept = 0;
    struct hash *scan = mem_alloc(m->count + 1, sizeof *scan);
    const float **print = mem_alloc(m->count + 1, sizeof *print);
    enum err e = scan && print ? OK : fault_set(f, ERR_MEMORY, PRINTS_FILE, SLICE(""), "");
    for (size_t i = 0; !e && i < m->count; i++) {
        const struct job *j = &m->job[i];
        if (j->fault.code == ERR_MEMORY)
            e = fault_set(f, ERR_MEMORY, PRINTS_FILE, SLICE(""), "");
        if (!j->print)
            continue;
        scan[kept] = j->scan;
        print[kept++] = j->print;
        n->made += j->made != NULL;
        n->kept += !j->made;
        n->none += is_zero(j->print, screen_floats(m->ask->screen));
    }
    buf_init(&b, FILE_MAX_BYTES);
    if (!e)
        prints_print(m->ask->screen, scan, print, kept, &b);
    if (!e && b.err)
        e = fault_set(f, b.err, PRINTS_FILE, SLICE(""), "");
    if (!e)
        e = collection_path(m->ask->collection, SLICE(PRINTS_FILE), path, sizeof path, f);
    if (!e)
        e = file_replace(path, buf_view(&b), 0644, f);
    buf_free(&b);
    mem_free(scan);
    mem_free(print);
    return e;
}

enum err prints_make(const struct prints_ask *ask, struct prints_counts *out, struct fault *f)
{
    struct making m = {.ask = ask, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct prints *old = NULL;
    struct prints_counts n = {0};
    if (prints_open(ask->collection->dir, ask->screen, &old, NULL))
        old = NULL;
    enum err e = list_jobs(&m, old, f);
    const struct share s = {.job = make_job, .stop = make_stop, .arg = &m, .count = e ? 0 : m.count, .threads = ask->threads};
    if (!e)
        e = share_run(&s, f);
    if (!e)
        e = write_prints(&m, &n, f);
    for (size_t i = 0; i < m.count; i++)
        floats_free(m.job[i].made);
    mem_free(m.job);
    prints_close(old);
    if (!e)
        *out = n;
    return e;
}
