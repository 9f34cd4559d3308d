#include "ballistics/batch.h"
#include "ballistics/share.h"
#include "ballistics/x3p.h"
#include "base/arena.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "base/banned.h"

struct batch {
    struct batch_settings set;
    struct compare *compare;
    char *dir;
    struct batch_file *file;
    size_t count, cap;
};

/* ---- one file ---- */

static enum err read_surface(const char *path, struct surface *out, struct fault *f)
{
    struct x3p x;
    enum err e = x3p_read_file(path, &x, f);
    if (e)
        return e;
    e = x3p_surface(&x, X3P_AS_STATED, out, f);
    x3p_free(&x);
    return e;
}

enum err batch_side(const struct compare *c, const char *path, enum batch_prepare how, struct compare_side **out,
    struct surface_steps *steps, struct fault *f)
{
    struct surface s, ready;
    struct surface_steps own = {0};
    enum err e = read_surface(path, &s, f);
    if (e)
        return e;
    if (how == BATCH_ALWAYS || (how == BATCH_AUTO && !surface_is_prepared(&s))) {
        e = surface_prepare(&s, &surface_breech_face, &ready, steps ? steps : &own, f);
        surface_free(&s);
        s = ready;
        if (e)
            return e;
    }
    e = compare_side_new(c, &s, out, f);
    surface_free(&s);
    return e;
}

/* ---- work shared out ---- */

static void *work_new(void *arg)
{
    const struct batch *const *b = arg; /* the first member of every argument */
    return compare_work_new((*b)->compare);
}

static void work_free(void *work)
{
    compare_work_free(work);
}

/* ---- the folder ---- */

static char *joined(const char *a, const char *slash, const char *b)
{
    size_t n = strlen(a) + strlen(slash) + strlen(b) + 1;
    char *p = mem_alloc(n, 1);
    if (p)
        snprintf(p, n, "%s%s%s", a, slash, b);
    return p;
}

static bool is_x3p(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && name[0] != '.' && strcmp(name + n - 4, ".x3p") == 0;
}

static enum err add_file(struct batch *b, const char *name, struct fault *f)
{
    if (b->count == BATCH_FILES_MAX)
        return fault_set(f, ERR_RANGE, "--dir", slice_str(b->dir), "want.batch_files");
    if (!mem_grow(&b->file, &b->cap, b->count + 1, BATCH_FILES_MAX, sizeof *b->file))
        return fault_set(f, ERR_MEMORY, "--dir", SLICE(""), "");
    memset(&b->file[b->count], 0, sizeof *b->file);
    b->file[b->count].name = joined(name, "", "");
    return b->file[b->count++].name ? OK : fault_set(f, ERR_MEMORY, "--dir", SLICE(""), "");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct batch_file *)a)->name, ((const struct batch_file *)b)->name);
}

static enum err list_folder(struct batch *b, struct fault *f)
{
    DIR *d = opendir(b->dir);
    struct dirent *entry;
    enum err e = OK;
    if (!d)
        return fault_set(f, ERR_NOT_FOUND, "--dir", slice_str(b->dir), "want.batch_folder");
    while (!e && (entry = readdir(d)))
        if (is_x3p(entry->d_name))
            e = add_file(b, entry->d_name, f);
    closedir(d);
    if (!e && b->count)
        qsort(b->file, b->count, sizeof *b->file, by_name);
    return e;
}

static void ready_job(void *arg, size_t i, void *work)
{
    const struct batch *b = arg;
    struct batch_file *file = &b->file[i];
    char *path = joined(b->dir, "/", file->name);
    if (!path)
        fault_set(&file->fault, ERR_MEMORY, "--dir", SLICE(""), "");
    else if (batch_side(b->compare, path, b->set.prepare, &file->side, NULL, &file->fault))
        file->side = NULL;
    mem_free(path);
}

enum err batch_open(const char *dir, const struct batch_settings *set, struct batch **out, struct fault *f)
{
    struct batch *b = mem_alloc(1, sizeof *b);
    if (!b || !(b->dir = joined(dir, "", ""))) {
        mem_free(b);
        return fault_set(f, ERR_MEMORY, "--dir", SLICE(""), "");
    }
    b->set = *set;
    enum err e = set->threads < 1 || set->threads > BATCH_THREADS_MAX ? fault_set(f, ERR_RANGE, "threads", SLICE(""), "") : OK;
    if (!e)
        e = compare_new(&set->compare, &b->compare, f);
    if (!e)
        e = list_folder(b, f);
    const struct share s = {.job = ready_job, .arg = b, .count = e ? 0 : b->count, .threads = set->threads};
    if (!e)
        e = share_run(&s, f);
    if (e)
        batch_free(b);
    else
        *out = b;
    return e;
}

void batch_free(struct batch *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->count; i++) {
        compare_side_free(b->file[i].side);
        mem_free(b->file[i].name);
    }
    mem_free(b->file);
    mem_free(b->dir);
    compare_free(b->compare);
    mem_free(b);
}

size_t batch_count(const struct batch *b)
{
    return b->count;
}

const struct batch_file *batch_at(const struct batch *b, size_t i)
{
    return &b->file[i];
}

/* ---- comparisons ---- */

struct pairs {
    const struct batch *b;
    struct batch_pair *pair;
    const struct compare_side *query; /* NULL: pair.a is a file */
};

static void pair_job(void *arg, size_t i, void *work)
{
    const struct pairs *p = arg;
    struct batch_pair *pair = &p->pair[i];
    struct compare_result r;
    compare_run(p->b->compare, p->query ? p->query : p->b->file[pair->a].side, p->b->file[pair->b].side, work, &r);
    pair->cmc = r.cmc;
    pair->cmc_high = r.cmc_high;
    pair->score = r.score;
}

static enum err run_pairs(struct pairs *p, size_t count, struct batch_pair **out, size_t *out_count, struct fault *f)
{
    const struct share s = {pair_job, work_new, work_free, NULL, p, count, p->b->set.threads};
    enum err e = share_run(&s, f);
    if (e) {
        mem_free(p->pair);
        return e;
    }
    *out = p->pair;
    *out_count = count;
    return OK;
}

enum err batch_matrix(const struct batch *b, struct batch_pair **out, size_t *out_count, struct fault *f)
{
    struct pairs p = {.b = b};
    size_t n = 0;
    if (!(p.pair = mem_alloc(b->count * (b->count + 1) / 2, sizeof *p.pair)))
        return fault_set(f, ERR_MEMORY, "compare", SLICE(""), "");
    for (uint32_t i = 0; i < b->count; i++)
        for (uint32_t j = i + 1; j < b->count; j++)
            if (b->file[i].side && b->file[j].side)
                p.pair[n++] = (struct batch_pair){.a = i, .b = j};
    return run_pairs(&p, n, out, out_count, f);
}

static int best_first(const void *x, const void *y)
{
    const struct batch_pair *a = x, *b = y;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->cmc != b->cmc)
        return a->cmc > b->cmc ? -1 : 1;
    return a->b < b->b ? -1 : a->b > b->b;
}

static bool same_file(const struct batch *b, const char *name, const struct stat *query)
{
    struct stat st;
    char *path = joined(b->dir, "/", name);
    bool same = path && !stat(path, &st) && st.st_dev == query->st_dev && st.st_ino == query->st_ino;
    mem_free(path);
    return same;
}

enum err batch_rank(const struct batch *b, const char *query, struct batch_pair **out, size_t *out_count, struct fault *f)
{
    struct stat st = {0};
    struct compare_side *side;
    struct pairs p = {.b = b};
    size_t n = 0;
    enum err e = batch_side(b->compare, query, b->set.prepare, &side, NULL, f);
    if (e)
        return e;
    p.query = side;
    p.pair = mem_alloc(b->count + 1, sizeof *p.pair);
    if (stat(query, &st) || !p.pair)
        e = fault_set(f, p.pair ? ERR_IO : ERR_MEMORY, "compare", slice_str(query), "");
    for (uint32_t i = 0; !e && i < b->count; i++)
        if (b->file[i].side && !same_file(b, b->file[i].name, &st))
            p.pair[n++] = (struct batch_pair){.b = i};
    if (!e)
        e = run_pairs(&p, n, out, out_count, f);
    else
        mem_free(p.pair);
    if (!e && n)
        qsort(*out, n, sizeof **out, best_first);
    compare_side_free(side);
    return e;
}
