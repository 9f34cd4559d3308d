/* Inside of the invented register: its data, its serial counters, a firearm's life. Only src/sample/sample*.c include this. */
#ifndef USE_SAMPLE_PARTS_H
#define USE_SAMPLE_PARTS_H
#include "base/arena.h"
#include "sample/sample.h"
#include "sample/sample_rng.h"

/* A choice by weight in constant time: a table of slots, each naming an item as often as its weight says. */
#define PICK_SLOTS 4096u
struct pick {
    uint16_t slot[PICK_SLOTS];
};
/* weight[n], n below PICK_SLOTS; an item of a weight above 0 gets at least one slot. */
void pick_build(struct pick *p, const uint32_t *weight, size_t n);
static inline size_t pick_one(const struct pick *p, struct rng *r)
{
    return p->slot[rng_next(r) >> 52];
}

/* ---- serial grammars ---- */
#define GRAMMAR_CELLS 24
#define SERIAL_TEXT 48 /* bytes of a made serial, at most */
enum grammar_kind {
    G_TEXT, G_DIGIT, G_NUMBER, G_LETTER, G_CLEAR_LETTER, G_CYRILLIC, G_YEAR1, G_YEAR2, G_TAURUS_YEAR, G_TAURUS_MONTH
};
struct grammar_cell {
    uint8_t kind, digits; /* digits: of a G_NUMBER */
    char text[5];         /* of a G_TEXT: one character */
};
struct grammar {
    uint8_t count, shape; /* shape: grammars that look the same share a number, whoever the maker is */
    bool has_year;        /* two years never make the same text, so the numbers begin anew each year */
    uint64_t capacity;    /* how many different serials the counted cells give */
    struct grammar_cell cell[GRAMMAR_CELLS];
};

struct sample_make {
    struct slice names[4]; /* the usual spelling first */
    size_t name_count;
    struct slice country;
};
struct sample_model {
    struct slice name, calibre, type;
    uint16_t make;
    int16_t first_year, last_year;
    uint32_t counter_at; /* of first_year, in sample.counter */
    uint64_t annual;     /* numbers set aside a year */
    uint32_t start;      /* first number used in a year */
    struct grammar grammar;
};

/* ---- people and words ---- */
struct slices {
    struct slice *s;
    size_t n;
};
enum name_order { GIVEN_FAMILY, FAMILY_COMMA_GIVEN, FAMILY_GIVEN };
struct name_list {
    struct slices given, family;
    enum name_order order;
};
enum word_list { WORDS_AGENCIES, WORDS_FIRMS, WORDS_DEALERS, WORDS_IMPORTERS, WORDS_PLACES, WORDS_COUNTRIES, WORDS_COUNT };

#define SAMPLE_MAKES 128
#define SAMPLE_MODELS 512
#define SAMPLE_NAME_LISTS 16
#define SAMPLE_SHAPES 255
#define SAMPLE_MARKS 64
#define RING 64u

/* The last serials of one shape, from which another maker may by chance have used the same one. */
struct ring_entry {
    uint16_t make;
    uint8_t n;
    char text[SERIAL_TEXT];
};
struct ring {
    uint32_t count;
    struct ring_entry entry[RING];
};

struct sample {
    struct rng rng;
    uint64_t records, made;
    struct arena arena;
    struct sample_make make[SAMPLE_MAKES];
    struct sample_model model[SAMPLE_MODELS];
    struct name_list names[SAMPLE_NAME_LISTS];
    struct slices words[WORDS_COUNT];
    struct slice marks[SAMPLE_MARKS];
    size_t make_count, model_count, name_count, mark_count, shape_count;
    struct pick pick_model, pick_names, pick_mark;
    char shape[SAMPLE_SHAPES][SERIAL_TEXT];
    struct ring ring[SAMPLE_SHAPES];
    uint32_t *counter; /* one a model and year */
};

/* Reads the three data files into s; ERR_FORMAT names file and line (a fault of the build, not of the user). */
enum err sample_load(struct sample *s, struct fault *f);

/* Compiles a grammar and gives it its shape. */
enum err sample_grammar(struct sample *s, struct slice text, struct grammar *out, struct fault *f);
struct serial {
    size_t n;
    char text[SERIAL_TEXT];
};
/* The next serial of a model in a year; by chance one that another maker has used too. month 1..12. */
void sample_serial(struct sample *s, const struct sample_model *m, int year, int month, struct serial *out);

/* ---- a life ---- */
enum life_day {
    DAY_MADE, DAY_IMPORTED, DAY_REGISTERED, DAY_SOLD, DAY_TRANSFERRED, DAY_LOANED, DAY_RETURNED, DAY_STOLEN, DAY_LOST,
    DAY_EXPORTED, DAY_RECOVERED, DAY_DESTROYED, DAY_COUNT
};
enum life_stock { STOCK_CIVIL, STOCK_POLICE, STOCK_DEALER, STOCK_UNKNOWN };
#define NO_DAY INT32_MIN
struct life {
    const struct sample_model *model;
    int year, month;
    enum life_stock stock;
    bool has_make, has_model, has_year, has_holder;
    int32_t day[DAY_COUNT];    /* days since 1970-01-01, or NO_DAY */
    uint8_t coarse[DAY_COUNT]; /* 0 the day is known, 1 the month, 2 the year */
};
/* The register is closed on this day, 2026-06-30: nothing in it is later. */
#define SAMPLE_LAST_DAY 20634
void sample_life(struct sample *s, struct life *out);

/* What the police file says of the mark of a recovered gun. */
void sample_mark(struct sample *s, const struct serial *serial, struct buf *out);
#endif
