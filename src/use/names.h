/* Names of all persons, unsealed into memory for search; never on disk. A pass over the folded text finds them: at 10 million names some
 * 200 MB and a tenth of a second. Follows the log: new names join, those of the erased are overwritten. Not thread-safe. */
#ifndef USE_NAMES_H
#define USE_NAMES_H
#include "store/erase.h"

struct names;
struct names *names_new(struct fault *f);
void names_free(struct names *n); /* wipes */
/* Reads records from where it stood up to `to`. ERR_LOCKED, ERR_MEMORY ... */
enum err names_follow(struct names *n, struct store *s, uint64_t to, struct fault *f);

struct name_hit {
    struct subject_id party;
    uint64_t position; /* of a record that calls him so */
    unsigned whole;    /* words of the query that are whole words of the name */
};
/* Every word of the query begins a word of the name (or stands anywhere in it, where the script has no blanks). Each party once, the best
 * first: more whole words, then the shorter name, then the id. At most max; *count: all. ERR_MISSING: no letter in the query. */
enum err names_find(struct names *n, struct slice query, struct name_hit *out, size_t max, size_t *shown, size_t *count, struct fault *f);
size_t names_count(const struct names *n);
#endif
