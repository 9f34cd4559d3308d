/* A mapping file: how a row of somebody's table becomes records. JSON, documented with examples in docs/formats/mapping.md;
 * `maps/` holds those that are shipped. Parsed once, shared read-only by threads. */
#ifndef INTAKE_MAP_H
#define INTAKE_MAP_H
#include "base/arena.h"
#include "domain/profile.h"

#define MAP_MAX (256u << 10)
#define MAP_RECORDS 24
#define MAP_PARTIES 6
#define MAP_WORDS 64
#define MAP_PARTS 6
#define MAP_VALUES 1200

/* Where a text comes from: columns joined, or a constant; then looked up in synonyms. Empty words make it empty. */
struct map_value {
    bool given;
    struct slice constant;
    size_t column_count;
    struct slice column[MAP_PARTS]; /* names, NUL-terminated */
    int at[MAP_PARTS];              /* their numbers in the file's heading, set by map_bind */
    struct slice with;              /* between joined columns */
    size_t empty_count, synonym_count;
    const struct slice *empty;         /* words that mean "nothing here" (compared without case) */
    const struct map_synonym {
        struct slice from, to;
    } *synonym;
    struct slice otherwise; /* when the synonyms have no such word; {NULL,0}: the text itself */
    bool has_otherwise;
};
enum map_test { TEST_FILLED, TEST_EMPTY, TEST_IN, TEST_NOT_IN, TEST_STARTS, TEST_NOT_STARTS };
struct map_condition {
    struct map_value value;
    enum map_test test;
    size_t word_count;
    const struct slice *word;
};
#define MAP_CONDITIONS 4
struct map_when {
    struct map_value value;
    struct slice pattern; /* when_pattern; "" = ISO 8601 */
};
struct map_party {
    struct slice role;
    enum party_class cls;
    struct map_value name, document, address, country, cls_value;
};
enum map_read { READ_SERIAL, READ_TEXT };
struct map_mark {
    bool given;
    struct map_value text, place;
    enum map_read read;
};
struct map_record {
    struct slice kind;
    enum subject_type subject; /* what the record is about: a firearm unless said */
    struct map_value other;    /* key of another firearm of this source: same gun, or the firearm of a permit */
    struct map_value replaces; /* key of the row whose records this one corrects or cancels */
    size_t condition_count;
    struct map_condition condition[MAP_CONDITIONS];
    bool describe;
    struct map_mark mark;
    struct map_when happened, discovered;
    struct map_value how, place, country, circumstances, case_no, permit, note;
    size_t party_count;
    struct map_party party[MAP_PARTIES];
};
struct map {
    struct slice source;
    char encoding[16];
    char delimiter;
    int64_t revision;             /* part of each row's digest: raise it to have rows read anew */
    struct map_value row_key, subject_key; /* subject_key not given: = row_key */
    struct map_value external_id;
    struct map_value make, model, calibre, type, country, year;
    size_t state_count;
    struct map_condition state[MAP_CONDITIONS]; /* all hold: property of the State */
    size_t reject_count;
    struct map_reject {
        size_t condition_count;
        struct map_condition condition[MAP_CONDITIONS]; /* all hold: the row is left out */
        struct slice reason;
    } reject[8];
    size_t record_count;
    struct map_record record[MAP_RECORDS];
    size_t value_count;
    struct map_value *value[MAP_VALUES]; /* all of the above that are given, for binding */
    struct arena arena;
};

/* Kinds must be of the profile; every member must be known: a misspelt one is ERR_UNKNOWN_CODE with its path. */
enum err map_parse(struct slice json, const struct profile *profile, struct map **out, struct fault *f);
/* Finds the columns in a file's heading: ERR_UNKNOWN_COLUMN names the first that is missing, ERR_FORMAT one that stands twice. */
enum err map_bind(struct map *m, const struct slice *heading, size_t n, struct fault *f);
void map_free(struct map *m);

/* A value for one row: in the arena when joined, else the cell itself; without what nobody sees at the ends of cells (slice_bare): a cell of that alone is empty. */
struct slice map_text(const struct map_value *v, const struct slice *cells, size_t n, struct arena *a);
/* The same for keys of rows and firearms, which are of the cells as they are, but for white space: what was read once is found again by them. */
struct slice map_key(const struct map_value *v, const struct slice *cells, size_t n, struct arena *a);
bool map_holds(const struct map_condition *c, size_t count, const struct slice *cells, size_t n, struct arena *a);
#endif
