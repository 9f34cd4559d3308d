/* Inside of the ranker: what search.c puts together. Nobody outside src/marks includes this.
 *
 * All weights are relative to "every character was read as it stands": a clean reading of a registered gun weighs 1, so the
 * mass of a set of guns is "how many clean readings it is worth". docs/ranking.md holds the model and its formulas. */
#ifndef MARKS_RANK_H
#define MARKS_RANK_H
#include "marks/search.h"

#define RANK_BYTES (MARK_CLASSES * 4) /* values of a key byte: class << 2 | variant */
#define RANK_LENGTHS (MARK_CHARS + 1)      /* longer serials are learnt by their first 15 characters */
#define RANK_CELLS MARK_LONG_CHARS
_Static_assert(RANK_CELLS <= 30, "places are bits of a word, two shifts apart");
#define NOT_OF_SET 0.0006f       /* the true character is none of those a set names */

/* The characters of an entry, class << 2 | variant. */
struct rank_chars {
    const uint8_t *b;
    unsigned n;
};

/* ---- the damage channel (rank_shapes.c, rank_channel.c) ---- */
enum { RANK_EYE, RANK_WEAR, RANK_KEYS, RANK_WRITTEN, RANK_SPOKEN, RANK_BLIND, RANK_WAYS };
struct rank_belief {
    double share;                             /* of misreadings that are of this way, to the others' */
    double substituted, lost, extra, swapped; /* what an error is */
    double doubled;                           /* an extra character repeats its neighbour */
    double blurred, worn, strokes, left, alike, keys, spoken, kind, any; /* what is read instead of a character */
};
extern const struct rank_belief rank_beliefs[RANK_WAYS];
extern const double rank_error_share[2][3]; /* 0, 1, 2 errors; [1]: in a pattern with '?', sets or '*' */
#define RANK_FLIP 0.12         /* a character is written down as its look-alike (0 for O): as built into keep[] */
#define RANK_ERROR_LENGTH 8.0  /* wrong[] is scaled for serials of this length; rank_read.tier[] corrects for others */

/* One weight a way, side by side: all ways are reckoned at once. */
typedef float rank_four __attribute__((vector_size(16)));
struct rank_lanes {
    rank_four h[2];
};
_Static_assert(RANK_WAYS <= 8, "a lane a way");
static inline void rank_lane_set(struct rank_lanes *l, int way, float w)
{
    l->h[way / 4][way % 4] = w;
}

#define RANK_GLYPHS 37 /* 0-9 A-Z and any other */
struct rank_channel {
    struct rank_lanes wrong[RANK_GLYPHS][RANK_GLYPHS]; /* [read][true]: of reading one for the other, folds apart */
    struct rank_lanes not_of_set[RANK_GLYPHS];
    float keep[RANK_BYTES][4]; /* [read][variant of the true one]: the same in all ways, as both fold together */
    float any[4];              /* of an unreadable cell: all ones */
    uint8_t glyph[256];        /* of a byte; digits below 10 */
    float error;               /* error rate a character that the weights are built with */
    struct rank_lanes share, lost, swap;                    /* by way: its share; of a lost character; of an exchange */
    struct rank_lanes extra, extra_doubled, extra_unread;   /* of one too many: any, like its neighbour, where '?' stands */
    float careless[RANK_CELLS + 1][RANK_CELLS + 1];         /* [cells with look-alikes][of them written as another] */
};
void rank_channel_init(struct rank_channel *c);
void rank_shapes_init(struct rank_channel *c); /* its first part: all cleared, then wrong, not_of_set, keep, any, glyph */

/* One query made ready for scoring. Rows point into the channel. What stands below `ways` is there after rank_read_ways. */
struct rank_read {
    unsigned n;                          /* cells beside stars */
    const struct rank_channel *channel;
    const uint8_t *glyph;                /* the channel's */
    const float *careless;               /* by look-alikes written: who writes one writes more */
    const float *keep[RANK_CELLS];
    const struct rank_lanes *wrong[RANK_CELLS];
    uint64_t set[RANK_CELLS];            /* classes that fit */
    uint8_t byte[RANK_CELLS];            /* read byte, 0 for '?' and sets */
    float error;                         /* error rate a character that the weights were built with */
    float tier[3];                       /* factor on hits of the tier: how likely that many errors are */
    unsigned stars;
    bool star_first, star_last;
    bool ways;
    struct rank_lanes insert[RANK_CELLS]; /* weight of a character that is not on the gun standing here */
    struct rank_lanes lost, swap;         /* weight of one lost character, of one exchange of neighbours */
    struct rank_lanes share;              /* of the ways; sums to one */
    struct rank_lanes shared_lost, shared_swap; /* share * lost, share * swap */
    uint32_t takes[MARK_CLASSES];        /* bit i: the class fits cell i */
    uint32_t alike;                      /* cells whose look-alikes weigh less than the character itself */
};
void rank_read_init(struct rank_read *r, const struct rank_channel *c, const struct pattern *p);
/* Makes ready what marks with errors are weighed by: needed before rank_score of tiers 1 and 2, rank_errors, rank_neighbour, rank_cell,
 * rank_over_ways and rank_explain. Done once; a search that ends at tier 0 does without. */
void rank_read_ways(struct rank_read *r);
/* Over all ways: of cell i read off this character; of a character too many at cell i, one lost, two exchanged. */
float rank_cell(const struct rank_read *r, unsigned i, uint8_t b);
float rank_over_ways(const struct rank_read *r, const struct rank_lanes *l);
/* Weight of reading the pattern off a gun with these characters. Tier as the index gave it. */
float rank_score(const struct rank_read *r, const struct pattern *p, struct rank_chars k, unsigned tier);
/* The part of it that one or two errors make (rank_errors.c). */
float rank_errors(const struct rank_read *r, struct rank_chars k);
/* Chance of the look-alikes in the reading if nothing is known of the gun but what kind of character (digit or not) and which
 * variants are usual at each place: a gun that is not here. */
struct rank_tree;
double rank_spelling(const struct rank_read *r, const struct rank_tree *t, uint32_t kinds);
/* Mass that guns standing next to this tier-2 hit (another last digit) lend to "absent, read with one error". */
float rank_neighbour(const struct rank_read *r, struct rank_chars k, float weight);

/* ---- what the register teaches (rank_learn.c, rank_tree.c, rank_attr.c) ---- */
struct rank_sample {
    struct mark_key key;
    uint64_t attr;
};
int rank_sample_cmp(const void *a, const void *b); /* length, then folded classes */

/* A tree of serial beginnings, one root a length. Nodes are split while they hold enough of the sample. */
struct rank_node {
    uint32_t count, child; /* child: number of the first child, 0 = a leaf */
    uint64_t mask;         /* classes of the children, which lie in class order */
    uint32_t kinds;        /* bit i: a digit was seen at position i; bit 16+i: something else */
    uint16_t make;         /* the commonest make here, 0 none */
    uint16_t make_share;   /* of 65535 */
};
struct rank_tree {
    struct rank_node *node;
    size_t count, cap;
    uint32_t root[RANK_LENGTHS];
    uint64_t sampled, digits; /* digits: the classes of digits */
    float unigram[RANK_LENGTHS][MARK_CHARS][MARK_CLASSES];
    float variant[RANK_LENGTHS][MARK_CHARS][RANK_BYTES]; /* share of the variant within its class */
};
enum err rank_tree_build(struct rank_tree *t, const struct rank_sample *s, size_t n);
void rank_tree_free(struct rank_tree *t);
struct rank_density {
    double share;    /* probability that a gun of this world has a serial that fits the pattern */
    uint16_t make;   /* commonest make where most of it lies */
    float make_share;
    uint32_t kinds;  /* as in rank_node, there */
};
/* Patterns without stars. */
struct rank_density rank_tree_density(const struct rank_tree *t, const struct pattern *p);
struct rank_density rank_tree_key(const struct rank_tree *t, const struct mark_key *k);
/* Patterns with one '*' that is not their first cell: the chance over all lengths, as above. */
double rank_tree_starred(const struct rank_tree *t, const struct pattern *p);
/* Other patterns with stars: from single positions only. */
double rank_tree_loose(const struct rank_tree *t, const struct pattern *p);

#define RANK_ATTR_SLOTS (1u << 16)
#define RANK_CALIBRES 1024
enum rank_attr_kind { RANK_MAKE, RANK_MODEL, RANK_CALIBRE, RANK_TYPE, RANK_COUNTRY, RANK_YEAR, RANK_ATTR_KINDS };
struct rank_attrs {
    uint64_t *key; /* open addressing: kind, make (0 = all), value */
    uint32_t *count;
    size_t used;
    uint64_t total[RANK_ATTR_KINDS]; /* entries where the part is known */
    float bore[RANK_CALIBRES];       /* in mm by calibre code; gauges negative; 0 unknown */
    float kin[RANK_ATTR_KINDS];      /* how often two guns next to each other in serial order agree in it ... */
    float kin_all[1 << RANK_ATTR_KINDS]; /* ... and in just these parts (bit per kind): they hang together */
};
enum err rank_attrs_init(struct rank_attrs *a);
void rank_attrs_free(struct rank_attrs *a);
void rank_attrs_add(struct rank_attrs *a, uint64_t word);
/* Share of the value among entries where the part is known; given a make when make != 0. Never 0. */
float rank_attrs_share(const struct rank_attrs *a, enum rank_attr_kind kind, unsigned make, unsigned value);

/* What is known of the gun, made ready: agreement factors relative to the value's share in the register. */
struct rank_known {
    struct mark_attr is;
    unsigned count; /* parts known */
    float share[RANK_ATTR_KINDS];
    float same[RANK_ATTR_KINDS], other[RANK_ATTR_KINDS];
    float best; /* factor of a gun that agrees in everything */
    float kin_joint; /* what agreement in everything is worth for its neighbours, beside parts that were independent */
    float year_near[8];
    const float *bore; /* of the register's calibres */
};
void rank_known_init(struct rank_known *k, const struct rank_attrs *a, const struct mark_attr *known);
/* Factor of a gun with this attribute word; *out_kin: of a gun that is not here and stands next to it in serial order. */
float rank_known_factor(const struct rank_known *k, const struct rank_attrs *a, uint64_t word, float *out_kin);
/* The same where nothing is known but that `make` has this share in the neighbourhood. */
float rank_known_absent(const struct rank_known *k, const struct rank_attrs *a, unsigned make, float share);
enum rank_agree { AGREE_UNKNOWN, AGREE_SAME, AGREE_NEAR, AGREE_OTHER };
enum rank_agree rank_known_agree(const struct rank_known *k, enum rank_attr_kind kind, const struct mark_attr *gun);

struct ranker {
    struct rank_channel channel;
    struct rank_tree tree;
    struct rank_attrs attrs;
    uint64_t entries;
    float shared[RANK_LENGTHS][2]; /* chance that another gun bears the same serial; [1]: all digits */
};

/* ---- words (rank_why.c) ---- */
void rank_explain(const struct rank_read *r, const struct rank_known *k, const struct pattern *p, struct rank_chars gun,
    uint64_t attr, struct candidate *c);
#endif
