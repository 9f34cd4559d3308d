/* The register of `athar sample` in memory, as the search benchmark needs it: one entry a firearm, read from the CSV file.
 * Header only: each benchmark program is one source file. */
#ifndef BENCH_REGISTER_H
#define BENCH_REGISTER_H
#include "domain/mark.h"
#include "domain/terms.h"
#include "base/arena.h"
#include "base/time.h"
#include "marks/index.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define REG_COLUMNS 8 /* id, make, model, calibre, type, country, serial, year come first */
enum { REG_ID, REG_MAKE, REG_MODEL, REG_CALIBRE, REG_TYPE, REG_COUNTRY, REG_SERIAL, REG_YEAR };

struct reg_file {
    const char *p, *end;
    const char *at;
    size_t size;
};

static inline void reg_die(const char *what, const char *name)
{
    fprintf(stderr, "%s: %s\n", what, name);
    exit(1);
}

static inline struct reg_file reg_open(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) || st.st_size == 0)
        reg_die("cannot read", path);
    char *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    if (p == MAP_FAILED)
        reg_die("cannot map", path);
    struct reg_file f = {p, p + st.st_size, p, (size_t)st.st_size};
    f.at = memchr(p, '\n', f.size); /* the header */
    f.at = f.at ? f.at + 1 : f.end;
    return f;
}

/* The first cells of the next line, without their outer quotes; false at the end. */
static inline bool reg_next(struct reg_file *f, struct slice cell[REG_COLUMNS])
{
    if (f->at >= f->end)
        return false;
    const char *p = f->at;
    for (size_t i = 0; i < REG_COLUMNS; i++) {
        bool quoted = *p == '"';
        const char *start = p += quoted;
        while (quoted ? *p != '"' : *p != ',' && *p != '\n')
            p++;
        cell[i] = slice_of(start, (size_t)(p - start));
        p += quoted;
        p += *p == ',';
    }
    const char *end = memchr(p, '\n', (size_t)(f->end - p));
    f->at = end ? end + 1 : f->end;
    return true;
}

/* Reading a term costs a table walk; a register has few different texts. */
#define REG_CACHE 8192u
struct reg_cache {
    struct {
        struct slice text;
        uint16_t number;
        bool used;
    } slot[TERM_LISTS][REG_CACHE];
};

static inline uint16_t reg_term(struct reg_cache *c, enum term_list list, struct slice text, unsigned hint)
{
    uint32_t h = 2166136261u ^ hint;
    for (size_t i = 0; i < text.n; i++)
        h = (h ^ (uint8_t)text.p[i]) * 16777619u;
    for (uint32_t i = h;; i++) {
        if (!c->slot[list][i % REG_CACHE].used) {
            uint16_t number = term_read(list, text, hint).number;
            c->slot[list][i % REG_CACHE].text = text;
            c->slot[list][i % REG_CACHE].number = number;
            c->slot[list][i % REG_CACHE].used = hint == 0 || list != TERM_CALIBRE;
            return number;
        }
        if (slice_eq(c->slot[list][i % REG_CACHE].text, text))
            return c->slot[list][i % REG_CACHE].number;
    }
}

static inline struct mark_attr reg_attr(struct reg_cache *c, const struct slice cell[REG_COLUMNS], unsigned flags)
{
    uint64_t year = 0;
    struct mark_attr a = {.non_latin = flags & MARK_NON_LATIN};
    slice_u64(cell[REG_YEAR], 2100, &year);
    a.type = (uint8_t)reg_term(c, TERM_TYPE, cell[REG_TYPE], 0);
    a.make = reg_term(c, TERM_MAKE, cell[REG_MAKE], 0);
    a.calibre = reg_term(c, TERM_CALIBRE, cell[REG_CALIBRE], 0);
    a.country = (uint8_t)reg_term(c, TERM_COUNTRY, cell[REG_COUNTRY], 0);
    a.model = term_model_hash(cell[REG_MODEL]);
    a.year = (uint16_t)year;
    return a;
}

/* One printable character a class, for the folded column of the peer. */
static inline char reg_class_char(unsigned cls)
{
    return cls <= 10 ? (char)('0' + cls - 1) : cls <= 36 ? (char)('A' + cls - 11) : (char)('a' + cls - 37);
}

static inline double reg_seconds(int64_t from)
{
    return (double)(time_mono_ns() - from) / 1e9;
}

/* ---- numbers ---- */
static inline int reg_cmp_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
/* Sorts v. share 0.5 is the median. */
static inline double reg_quantile(double *v, size_t n, double share)
{
    if (n == 0)
        return 0;
    qsort(v, n, sizeof *v, reg_cmp_double);
    size_t i = (size_t)(share * (double)n);
    return v[i < n ? i : n - 1];
}

/* ---- queries ---- */
enum reg_class { Q_EXACT, Q_SEPARATORS, Q_WILD1, Q_WILD2, Q_LOOK, Q_LOOK_WILD, Q_LEADING, Q_TRAILING, Q_INNER, Q_ERROR1, Q_ERROR2, Q_CLASSES };
static const char *const reg_class_name[Q_CLASSES] = {"exact", "separators", "wild1", "wild2", "lookalike", "lookalike+wild1",
    "leading_lost", "trailing_lost", "inner_lost", "error1", "error2"};
static const unsigned reg_class_tier[Q_CLASSES] = {[Q_ERROR1] = 1, [Q_ERROR2] = 2};

#define REG_QUERIES 8192
struct reg_query {
    enum reg_class cls;
    uint32_t truth; /* number of the row, from 1 */
    struct mark_attr known;
    char pattern[96], fold[64], bare[96];
};

/* queries.tsv: class, pattern, folded pattern, bare pattern, true row, make number, calibre number. */
static inline size_t reg_queries(const char *path, struct reg_query *q, size_t max)
{
    unsigned cls, truth, make, calibre;
    size_t n = 0;
    char line[512];
    FILE *f = fopen(path, "r");
    if (!f)
        reg_die("cannot read", path);
    while (n < max && fgets(line, sizeof line, f)) {
        struct reg_query *x = &q[n];
        if (sscanf(line, "%u\t%95[^\t]\t%63[^\t]\t%95[^\t]\t%u\t%u\t%u", &cls, x->pattern, x->fold, x->bare, &truth, &make, &calibre) != 7)
            reg_die("bad line in", path);
        x->cls = (enum reg_class)cls;
        x->truth = truth;
        x->known = (struct mark_attr){.make = (uint16_t)make, .calibre = (uint16_t)calibre};
        n++;
    }
    fclose(f);
    return n;
}
#endif
