/* One row of a bound mapping becomes the bytes of its records: judged, decided, sealed, hashed. Pure but for the random seed
 * and the clock that the caller gives, so a row can be worked on by any thread. */
#ifndef INTAKE_ROWS_H
#define INTAKE_ROWS_H
#include "intake/map.h"
#include "domain/terms.h"
#include "store/erase.h"

#define ROW_RECORDS MAP_RECORDS
#define ROW_PERSONS 8   /* a buyer is mostly the next seller */
#define ROW_DOCUMENTS 4 /* at hand; a row of more has them in the arena */
_Static_assert(RECORD_SUPERSEDES >= ROW_RECORDS, "a changed row replaces all records that it made");

struct row_context { /* const during an import */
    const struct map *map;
    const struct profile *profile;
    const struct keys *keys;
    struct hash_key import, blind; /* keys->import, keys->blind and what free text is sealed under, made ready */
    uint8_t text_root[SEAL_KEY];
    struct key_store *persons; /* keys of persons; new ones are made */
    struct slice origin, office, actor;
};
/* Memory that a worker keeps from row to row. */
#define TERMS_SEEN 256 /* power of two */
#define TERM_SEEN_TEXT 40
struct term_seen {
    uint8_t list, n; /* n 0: none */
    uint16_t hint;
    char text[TERM_SEEN_TEXT];
    struct term term;
};
#define PARTIES_SEEN 256 /* power of two */
#define PARTY_SEEN_TEXT 47
struct party_seen {
    const char *label; /* NULL: none */
    uint8_t cls, n;
    char text[PARTY_SEEN_TEXT];
    struct subject_id id;
};
struct row_bench {
    struct buf text[2 + EVENT_PARTIES], bytes; /* body, persons, free text */
    struct event event[ROW_RECORDS]; /* of the row, each as its record states it */
    struct record_header header[ROW_RECORDS];
    struct body_row row[ROW_RECORDS];
    struct subject_id item;          /* the row's firearm */
    struct term_seen seen[TERMS_SEEN]; /* terms read last, by their text: a table says the same few over and over */
    struct external_id id;           /* and its outside number */
    struct party_seen party[PARTIES_SEEN]; /* ids made last, by what they are made of: dealers come again and again */
    struct subject_id person[ROW_PERSONS]; /* whose keys of this row are at hand */
    uint8_t person_key[ROW_PERSONS][SEAL_KEY];
    size_t persons;
};
void row_bench_init(struct row_bench *b);
void row_bench_free(struct row_bench *b);

struct row_task {
    /* in */
    const struct slice *cells;
    size_t cell_count;
    uint64_t occurrence;   /* of its key within the file, from 0 */
    int64_t now;           /* UTC milliseconds: recorded */
    uint8_t seed[32];      /* random; nothing else is */
    uint8_t claim[16], digest[16];
    const struct subject_id *subject; /* what the replaced records are about: the first record must be about it too; or NULL */
    size_t supersedes_count; /* a row that changed: the records it replaces, and the heads of the subject */
    const struct hash *supersedes;
    size_t head_count;
    const struct hash *head;
    /* out, in the arena */
    size_t record_count;
    struct slice bytes[ROW_RECORDS];
    struct hash id[ROW_RECORDS];
    size_t document_count; /* numbers of persons whom this run meets for the first time */
    struct document_row *document, few[ROW_DOCUMENTS];
    struct fault fault; /* code OK, or why the row is rejected */
};
void row_context_ready(struct row_context *c); /* once `keys` is set */
void row_context_wipe(struct row_context *c);
/* The row's key text and digest (claim and digest need the occurrence, known to the reader alone). */
struct slice row_key(const struct map *m, const struct slice *cells, size_t n, struct arena *a);
void row_claim(const struct row_context *c, struct slice key, uint64_t occurrence, uint8_t out[16]);
void row_digest(const struct map *m, const struct slice *cells, size_t n, uint8_t out[16]);
/* Is the row left out by a rule of the mapping? Then the fault says why. */
bool row_rejected(const struct map *m, const struct slice *cells, size_t n, struct arena *a, struct fault *f);
/* Does a text that the row's records would hold have signs that nobody sees? Then the fault names column and place. */
bool row_hidden(const struct map *m, const struct slice *cells, size_t n, struct arena *a, struct fault *f);
/* 1.23E+05: did a spreadsheet take the serial for a number and throw digits away? */
bool row_shortened(struct slice s);
/* A record is due when its conditions hold; without conditions, when its date is filled or it has none. */
bool row_due(const struct map_record *spec, const struct slice *cells, size_t n, struct arena *a);
/* Fills task->bytes and id, or task->fault. ERR_MEMORY and ERR_LOCKED alone are returned. */
enum err row_records(const struct row_context *c, struct row_task *t, struct row_bench *bench, struct arena *a);
#endif
