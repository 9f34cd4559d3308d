/* Rows of the two police files, for the benches of this folder: run by hand, given the folder that holds them. */
#ifndef BENCH_READING_LOCAL_H
#define BENCH_READING_LOCAL_H
#include "base/arena.h"
#include "base/csv.h"
#include "base/file.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

struct table {
    struct arena arena;
    struct slice *cell; /* rows x columns, row 0 the header */
    size_t rows, columns, cap;
};

static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Plain or gzip: zlib reads both. */
static inline int open_any(const char *folder, const char *name)
{
    char path[1024], block[65536];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    gzFile in = gzopen(path, "rb");
    int fd = in ? memfd_create("rows", 0) : -1, n;
    while (fd >= 0 && (n = gzread(in, block, sizeof block)) > 0)
        if (write(fd, block, (size_t)n) != n)
            exit(1);
    if (in)
        gzclose(in);
    if (fd < 0)
        printf("%s: not there\n", path);
    else
        lseek(fd, 0, SEEK_SET);
    return fd;
}

static inline void keep_row(struct table *t, const struct csv_row *row)
{
    if (t->columns == 0)
        t->columns = row->count;
    if (!mem_grow(&t->cell, &t->cap, (t->rows + 1) * t->columns, SIZE_MAX / sizeof *t->cell, sizeof *t->cell))
        exit(1);
    for (size_t i = 0; i < t->columns; i++)
        t->cell[t->rows * t->columns + i] = i < row->count ? arena_copy(&t->arena, row->cells[i]) : slice_of(NULL, 0);
    t->rows++;
}

/* False when the file is not there. */
static inline bool table_read(struct table *t, const char *folder, const char *name)
{
    struct csv_row row;
    struct fault f;
    int fd = open_any(folder, name);
    *t = (struct table){0};
    arena_init(&t->arena, (size_t)1 << 30);
    if (fd < 0)
        return false;
    struct csv *c = csv_open(fd, ',', "UTF-8");
    while (c && csv_next(c, &row, &f) == OK)
        keep_row(t, &row);
    csv_close(c);
    close(fd);
    return t->rows > 0;
}

static inline struct slice cell(const struct table *t, size_t row, size_t column)
{
    return column < t->columns ? t->cell[row * t->columns + column] : slice_of(NULL, 0);
}

static inline size_t column_of(const struct table *t, const char *name)
{
    for (size_t i = 0; i < t->columns; i++)
        if (slice_is(cell(t, 0, i), name))
            return i;
    return SIZE_MAX;
}

/* Drops rows of ammunition. */
static inline void firearms_only(struct table *t)
{
    size_t class = column_of(t, "Classe"), kept = 1;
    for (size_t i = 1; i < t->rows && class != SIZE_MAX; i++) {
        bool firearm = slice_is(cell(t, i, class), "ARMA DE FOGO");
        for (size_t k = 0; firearm && k < t->columns; k++)
            t->cell[kept * t->columns + k] = t->cell[i * t->columns + k];
        kept += firearm;
    }
    t->rows = class == SIZE_MAX ? t->rows : kept;
}

static inline void table_free(struct table *t)
{
    arena_free(&t->arena);
    mem_free(t->cell);
}
#endif
