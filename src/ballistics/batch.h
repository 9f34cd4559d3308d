/* Many surfaces compared with each other or with one: the surfaces of a folder made ready once, pairs shared out among threads. */
#ifndef BALLISTICS_BATCH_H
#define BALLISTICS_BATCH_H
#include "ballistics/compare.h"
#include "ballistics/surface_prepare.h"

#define BATCH_FILES_MAX 20000u
#define BATCH_THREADS_MAX 64u /* at most SHARE_THREADS_MAX */

enum batch_prepare { BATCH_AUTO, BATCH_ALWAYS, BATCH_NEVER }; /* AUTO: surface_is_prepared decides */
struct batch_settings {
    struct compare_settings compare;
    enum batch_prepare prepare;
    unsigned threads; /* 1..BATCH_THREADS_MAX */
};

struct batch_file {
    char *name;                /* without its folder */
    struct compare_side *side; /* NULL: refused, fault says why */
    struct fault fault;
};
struct batch;
/* Every *.x3p of the folder, by name in byte order. A file that cannot be read or compared is kept with its fault. ERR_NOT_FOUND, ERR_IO,
 * ERR_RANGE (more than BATCH_FILES_MAX), ERR_MEMORY. */
enum err batch_open(const char *dir, const struct batch_settings *s, struct batch **out, struct fault *f);
void batch_free(struct batch *b);
size_t batch_count(const struct batch *b);
const struct batch_file *batch_at(const struct batch *b, size_t i);

struct batch_pair {
    uint32_t a, b; /* numbers of files */
    uint32_t cmc, cmc_high;
    double score;
};
/* All pairs a < b of files that were not refused, in that order; *out is freed with mem_free. ERR_MEMORY. */
enum err batch_matrix(const struct batch *b, struct batch_pair **out, size_t *out_count, struct fault *f);
/* The query against every file but itself (the same file on disk); a is 0; best score first, then cmc, then name. */
enum err batch_rank(const struct batch *b, const char *query, struct batch_pair **out, size_t *out_count, struct fault *f);

/* One file read and made ready as a batch does; steps may be NULL. */
enum err batch_side(const struct compare *c, const char *path, enum batch_prepare how, struct compare_side **out,
    struct surface_steps *steps, struct fault *f);
#endif
