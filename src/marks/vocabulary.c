#include "marks/vocabulary.h"
#include "base/arena.h"
#include "base/embed.h"
#include "domain/fold.h"
#include <pthread.h>
#include <stdatomic.h>

#include "base/banned.h"

#define STEMS_MAX 4096
#define WORD_MAX 31
#define ONE_WRONG 5 /* letters of a stem from which one may be wrong */
#define TWO_WRONG 8

static const char *const class_names[WORD_CLASSES] = {"", "REMOVED", "GROUND", "PUNCHED", "POINTS", "DRILLED", "WELDED",
    "OVERSTAMPED", "ALTERED", "HUMAN", "ORIGINAL", "DIFFERENT", "TRACE", "WORN", "CORRODED", "ILLEGIBLE", "LEGIBLE",
    "POSSIBLE", "HAVE", "NONE", "UNKNOWN", "RECOVERED", "EXAM", "OBTAINED", "PARTIAL", "ONLY", "PART", "BEFORE",
    "FIRST", "LAST", "REST", "DIGIT", "NUMBER", "NOT", "WITHOUT", "JOIN", "BUT", "PROBABLE", "MAYBE", "STOP",
    "REFERENCE", "THING", "ITEM", "PROPERTY", "FRAME", "SLIDE", "BOLT", "BARREL", "CYLINDER", "STOCK", "OTHER",
    "WHOLE_ABSENT", "WHOLE_NONE", "WHOLE_UNKNOWN"};

struct stem {
    const char *p;
    uint8_t n, class;
    bool prefix;
    uint16_t next; /* next stem of the same first letter, + 1 */
};
struct vocabulary {
    struct arena arena;
    struct stem *stem;
    size_t count;
    bool failed;                    /* while building: no memory, or more stems than there is room for */
    uint16_t first[256], last[256]; /* by first letter, + 1 */
};

/* ---- reading the file ---- */

static enum word_class class_of(struct slice name)
{
    for (unsigned c = 1; c < WORD_CLASSES; c++)
        if (slice_is(name, class_names[c]))
            return (enum word_class)c;
    return WORD_OTHER;
}

static void add_stem(struct vocabulary *v, struct slice word, enum word_class c)
{
    bool prefix = word.n > 1 && word.p[word.n - 1] == '*';
    word.n -= prefix;
    if (word.n == 0 || word.n > WORD_MAX)
        return;
    struct slice copy = v->count < STEMS_MAX ? arena_copy(&v->arena, word) : slice_of(NULL, 0);
    if (!copy.p) {
        v->failed = true;
        return;
    }
    uint8_t letter = (uint8_t)copy.p[0];
    v->stem[v->count++] = (struct stem){copy.p, (uint8_t)copy.n, (uint8_t)c, prefix, 0};
    if (v->last[letter])
        v->stem[v->last[letter] - 1].next = (uint16_t)v->count;
    else
        v->first[letter] = (uint16_t)v->count;
    v->last[letter] = (uint16_t)v->count;
}

static struct slice cut(struct slice *rest, char by)
{
    const char *at = rest->n ? memchr(rest->p, by, rest->n) : NULL;
    size_t n = at ? (size_t)(at - rest->p) : rest->n;
    struct slice out = slice_trim(slice_of(rest->p, n));
    rest->p += n + (at != NULL);
    rest->n -= n + (at != NULL);
    return out;
}

static void read_line(struct vocabulary *v, struct slice line)
{
    enum word_class c = class_of(cut(&line, '|'));
    cut(&line, '|'); /* the language is for people */
    while (c != WORD_OTHER && line.n)
        add_stem(v, cut(&line, ';'), c);
}

static struct vocabulary *build(void)
{
    struct vocabulary *v = mem_alloc(1, sizeof *v);
    if (!v)
        return NULL;
    arena_init(&v->arena, 1u << 20);
    v->stem = arena_array(&v->arena, STEMS_MAX, sizeof *v->stem);
    v->failed = !v->stem;
    struct slice rest = embed_get("data/marks/vocabulary.txt");
    while (rest.n && !v->failed) {
        struct slice line = cut(&rest, '\n');
        if (line.n && line.p[0] != '#')
            read_line(v, line);
    }
    if (!v->failed)
        return v;
    arena_free(&v->arena);
    mem_free(v);
    return NULL;
}

/* Constant once built. A failure for want of memory is not kept. */
static _Atomic(struct vocabulary *) the_vocabulary;
static pthread_mutex_t building = PTHREAD_MUTEX_INITIALIZER;

static const struct vocabulary *vocabulary(void)
{
    struct vocabulary *v = atomic_load_explicit(&the_vocabulary, memory_order_acquire);
    if (v)
        return v;
    pthread_mutex_lock(&building);
    v = atomic_load_explicit(&the_vocabulary, memory_order_acquire);
    if (!v) {
        v = build();
        atomic_store_explicit(&the_vocabulary, v, memory_order_release);
    }
    pthread_mutex_unlock(&building);
    return v;
}

/* ---- matching ---- */

static bool whole_class(unsigned c)
{
    return c >= WORD_WHOLE_ABSENT;
}

static enum word_class spelt_right(const struct vocabulary *v, const char *word, size_t n)
{
    enum word_class best = WORD_OTHER;
    size_t length = 0;
    for (unsigned i = v->first[(uint8_t)word[0]]; i; i = v->stem[i - 1].next) {
        const struct stem *s = &v->stem[i - 1];
        bool fits = (s->prefix ? s->n <= n : s->n == n) && memcmp(s->p, word, s->n) == 0;
        size_t weight = s->n * 2u + !s->prefix;
        if (fits && weight > length && !whole_class(s->class)) {
            best = (enum word_class)s->class;
            length = weight;
        }
    }
    return best;
}

/* Edits between the stem and the beginning of the word (or all of it, for a word that stands whole). */
static unsigned edits(const struct stem *s, const char *word, size_t n, unsigned limit)
{
    unsigned best = limit + 1;
    size_t low = s->prefix && s->n > limit ? s->n - limit : n, high = s->prefix ? s->n + limit : n;
    for (size_t m = low; m <= high && m <= n; m++) {
        unsigned d = fold_distance(word, m, s->p, s->n, limit);
        best = d < best ? d : best;
    }
    return best;
}

static enum word_class misspelt(const struct vocabulary *v, const char *word, size_t n)
{
    enum word_class class = WORD_OTHER;
    unsigned best = 3, length = 0;
    for (size_t i = 0; i < v->count; i++) {
        const struct stem *s = &v->stem[i];
        unsigned limit = s->n >= TWO_WRONG ? 2 : s->n >= ONE_WRONG ? 1 : 0;
        if (!limit || n + limit < s->n || whole_class(s->class) || s->class == WORD_STOP || s->class == WORD_PROPERTY)
            continue;
        unsigned d = edits(s, word, n, limit);
        if (d <= limit && (d < best || (d == best && s->n > length))) {
            best = d;
            length = s->n;
            class = (enum word_class)s->class;
        }
    }
    return class;
}

enum word_class vocabulary_word(const char *word, size_t n, bool loose)
{
    const struct vocabulary *v = vocabulary();
    if (!v || n == 0 || n > WORD_MAX)
        return WORD_OTHER;
    enum word_class c = spelt_right(v, word, n);
    return c == WORD_OTHER && loose && n >= ONE_WRONG - 1 ? misspelt(v, word, n) : c;
}

enum word_class vocabulary_whole(const char *text, size_t n)
{
    const struct vocabulary *v = vocabulary();
    for (unsigned i = v && n ? v->first[(uint8_t)text[0]] : 0; i; i = v->stem[i - 1].next) {
        const struct stem *s = &v->stem[i - 1];
        if (whole_class(s->class) && s->n == n && memcmp(s->p, text, n) == 0)
            return (enum word_class)s->class;
    }
    return WORD_OTHER;
}

const char *vocabulary_place(enum word_class c)
{
    return c >= WORD_FRAME && c <= WORD_PLACE_OTHER ? class_names[c] : "";
}
