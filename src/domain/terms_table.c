#include "domain/terms_table.h"
#include "base/embed.h"
#include "domain/fold.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/banned.h"

#define ALIASES_MAX 16384
#define NEAR_SLOTS (1u << 18)
#define NEAR_SHORTEST 5 /* an alias shorter than this has no misspellings: "fn", "cz", "ina" */
#define FIELDS 8

/* ---- keys ---- */

static bool is_word(const char *w, size_t n, const char *z)
{
    return n == strlen(z) && memcmp(w, z, n) == 0;
}

static bool calibre_noise(const char *w, size_t n)
{
    static const char *const noise[] = {
        "cal", "calibre", "calibr", "caliber", "calib", "de", "tipo", "cartucho", "nominal", "do", "عيار", "ملم", "مم", "مليمتر"};
    for (size_t i = 0; i < sizeof noise / sizeof *noise; i++)
        if (is_word(w, n, noise[i]))
            return true;
    return false;
}

static size_t without_noise(char *words, size_t n)
{
    size_t out = 0;
    for (size_t at = 0; at < n;) {
        size_t end = at;
        while (end < n && words[end] != ' ')
            end++;
        if (!calibre_noise(words + at, end - at)) {
            if (out)
                words[out++] = ' ';
            memmove(words + out, words + at, end - at);
            out += end - at;
        }
        at = end + 1;
    }
    words[out] = 0;
    return out;
}

size_t terms_key(unsigned list, struct slice text, char *words, char *out)
{
    size_t n = fold_words(text, list == TERM_CALIBRE, words, TERMS_KEY_MAX);
    if (list != TERM_CALIBRE)
        return fold_compact(words, n, out);
    n = without_noise(words, n);
    n = fold_compact(words, n, out);
    size_t cut = n > 3 && out[0] == '0' && out[1] == '.' ? 2 : 0;
    memmove(out, out + cut, n - cut + 1);
    return n - cut;
}

/* ---- reading the files ---- */

static size_t split(struct slice line, char by, struct slice *out, size_t max)
{
    size_t count = 0, from = 0;
    for (size_t i = 0; i <= line.n && count < max; i++)
        if (i == line.n || line.p[i] == by) {
            out[count++] = slice_trim(slice_of(line.p + from, i - from));
            from = i + 1;
        }
    return count;
}

static struct slice next_line(struct slice *rest)
{
    const char *nl = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    size_t n = nl ? (size_t)(nl - rest->p) : rest->n;
    struct slice line = slice_trim(slice_of(rest->p, n));
    rest->p += n + (nl != NULL);
    rest->n -= n + (nl != NULL);
    return line;
}

static void put_slot(struct terms_index *ix, uint64_t h, uint32_t value)
{
    size_t at = h & ix->mask;
    while (ix->slot[at])
        at = (at + 1) & ix->mask;
    ix->slot[at] = value;
}

static uint64_t list_hash(unsigned list, const char *key, size_t n)
{
    uint64_t h = fold_hash(key, n) ^ (list + 1) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 29;
}

/* Doubled letters written once: they are what people get wrong most ("berreta"). */
static size_t single(const char *key, size_t n, char *out)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || key[i] != key[i - 1] || (key[i] >= '0' && key[i] <= '9'))
            out[m++] = key[i];
    return m;
}

/* Every form of the key with one character gone, and the key itself: what a text one edit away shares with it. */
static void put_near(struct terms_table *t, const struct terms_alias *a, uint32_t number)
{
    char key[TERMS_KEY_MAX], shorter[TERMS_KEY_MAX];
    if (a->length < NEAR_SHORTEST || a->list == TERM_CALIBRE)
        return;
    size_t n = single(a->key, a->length, key);
    put_slot(&t->near, list_hash(a->list, key, n), number);
    for (size_t i = 0; i < n; i++) {
        memcpy(shorter, key, i);
        memcpy(shorter + i, key + i + 1, n - i - 1);
        put_slot(&t->near, list_hash(a->list, shorter, n - 1), number);
    }
}

static void add_alias(struct terms_table *t, unsigned list, struct slice text, unsigned number, uint32_t types)
{
    char words[TERMS_KEY_MAX], key[TERMS_KEY_MAX];
    size_t n = terms_key(list, text, words, key);
    if (n == 0)
        return;
    const struct terms_alias *old = terms_find(t, list, key, n, 0);
    if (old && !types && !old->types)
        return; /* the first line that names a word owns it */
    struct slice copy = arena_copy(&t->arena, slice_of(key, n));
    if (!copy.p || t->aliases == ALIASES_MAX) {
        t->failed = true;
        return;
    }
    struct terms_alias *a = &t->alias[t->aliases];
    *a = (struct terms_alias){copy.p, (uint8_t)n, (uint8_t)list, (uint16_t)number, types};
    t->aliases++;
    put_slot(&t->exact, list_hash(list, key, n), (uint32_t)t->aliases);
    put_near(t, a, (uint32_t)t->aliases);
}

static void add_aliases(struct terms_table *t, unsigned list, struct slice words, unsigned number, uint32_t types)
{
    for (size_t from = 0, i = 0; i <= words.n; i++)
        if (i == words.n || words.p[i] == ';') {
            add_alias(t, list, slice_trim(slice_of(words.p + from, i - from)), number, types);
            from = i + 1;
        }
}

static uint32_t type_mask(const struct terms_table *t, struct slice codes)
{
    struct slice one[8];
    uint32_t mask = 0;
    size_t n = split(codes, ',', one, 8);
    for (size_t i = 0; i < n; i++) {
        const struct terms_row *r = terms_row_by_code(t, TERM_TYPE, one[i]);
        mask |= r ? 1u << r->number : 0;
    }
    return mask;
}

/* "REVOLVER,CRAFT: 32; 320 / PISTOL: 32": readings that hold for a type only. */
static void add_typed(struct terms_table *t, struct slice text, unsigned number)
{
    struct slice group[4], part[2];
    size_t n = split(text, '/', group, 4);
    for (size_t i = 0; i < n; i++)
        if (split(group[i], ':', part, 2) == 2)
            add_aliases(t, TERM_CALIBRE, part[1], number, type_mask(t, part[0]));
}

static const char *keep(struct terms_table *t, struct slice s)
{
    const char *p = arena_copy(&t->arena, s).p;
    t->failed |= !p;
    return p ? p : "";
}

/* Which field of the file's line holds what; -1 = the file has no such field. */
static const struct file_form {
    const char *name;
    uint8_t list;
    int8_t country, family, ncic, label, words, typed;
} forms[] = {
    {"data/terms/types.txt", TERM_TYPE, -1, 2, -1, 3, 4, -1},
    {"data/terms/calibres.txt", TERM_CALIBRE, -1, 3, 4, 5, 6, 7},
    {"data/terms/makes.txt", TERM_MAKE, 2, -1, 3, 4, 5, -1},
    {"data/terms/makes_ncic.txt", TERM_MAKE, 2, -1, 3, 4, -1, -1},
    {"data/terms/countries.txt", TERM_COUNTRY, 1, -1, -1, 2, 3, -1},
};

static const char *field(struct terms_table *t, const struct slice *f, int at)
{
    return at < 0 ? "" : keep(t, f[at]);
}

static void add_row(struct terms_table *t, const struct file_form *form, const struct slice *f, size_t count)
{
    struct terms_row_list *l = &t->list[form->list];
    uint64_t number;
    if (count < 4 || !slice_u64(f[0], TERMS_NUMBERS - 1, &number) || number == 0)
        return;
    struct terms_row *r = &l->row[l->count++];
    *r = (struct terms_row){.number = (uint16_t)number,
        .code = keep(t, f[1]),
        .label = field(t, f, form->label),
        .country = field(t, f, form->country),
        .ncic = field(t, f, form->ncic),
        .family = form->family >= 0 && f[form->family].n ? f[form->family].p[0] : 0};
    l->by_number[number] = (uint16_t)l->count;
    put_slot(&t->code, list_hash(form->list, f[1].p, f[1].n), (uint32_t)form->list << 16 | (uint32_t)l->count);
    if (form->words >= 0 && (size_t)form->words < count)
        add_aliases(t, form->list, f[form->words], (unsigned)number, 0);
    if (form->typed >= 0 && (size_t)form->typed < count)
        add_typed(t, f[form->typed], (unsigned)number);
    add_alias(t, form->list, f[1], (unsigned)number, 0);
    add_alias(t, form->list, slice_str(r->label), (unsigned)number, 0);
}

static void read_file(struct terms_table *t, const struct file_form *form)
{
    struct slice rest = embed_get(form->name), f[FIELDS];
    while (rest.n) {
        struct slice line = next_line(&rest);
        if (line.n && line.p[0] != '#')
            add_row(t, form, f, split(line, '|', f, FIELDS));
    }
}

static void read_answers(struct terms_table *t)
{
    static const struct {
        const char *code;
        enum term_answer answer;
    } answers[] = {
        {"UNKNOWN", TERM_UNKNOWN}, {"NONE", TERM_NONE}, {"NOT_ASKED", TERM_NOT_ASKED}, {"UNLISTED", TERM_UNLISTED}};
    struct slice rest = embed_get("data/terms/answers.txt"), f[2];
    while (rest.n) {
        struct slice line = next_line(&rest);
        if (!line.n || line.p[0] == '#' || split(line, '|', f, 2) != 2)
            continue;
        for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
            if (slice_is(f[0], answers[i].code))
                add_aliases(t, TERMS_ANSWERS, f[1], answers[i].answer, 0);
    }
}

/* ---- building ---- */

static bool index_room(struct terms_table *t, struct terms_index *ix, size_t slots)
{
    ix->slot = arena_array(&t->arena, slots, sizeof *ix->slot);
    ix->mask = slots - 1;
    return ix->slot != NULL;
}

static bool room(struct terms_table *t)
{
    for (unsigned l = 0; l < TERM_LISTS; l++) {
        t->list[l].row = arena_array(&t->arena, TERMS_NUMBERS, sizeof *t->list[l].row);
        t->list[l].by_number = arena_array(&t->arena, TERMS_NUMBERS, sizeof *t->list[l].by_number);
        if (!t->list[l].row || !t->list[l].by_number)
            return false;
    }
    t->alias = arena_array(&t->arena, ALIASES_MAX, sizeof *t->alias);
    return t->alias && index_room(t, &t->exact, 4 * ALIASES_MAX) && index_room(t, &t->near, NEAR_SLOTS) &&
           index_room(t, &t->code, 4 * TERMS_NUMBERS);
}

static int by_key(const void *a, const void *b, void *table)
{
    const struct terms_table *t = table;
    const struct terms_alias *x = &t->alias[*(const uint32_t *)a], *y = &t->alias[*(const uint32_t *)b];
    return slice_cmp(slice_of(x->key, x->length), slice_of(y->key, y->length));
}

static bool sort_aliases(struct terms_table *t)
{
    for (unsigned l = 0; l <= TERM_LISTS; l++) {
        uint32_t *list = arena_array(&t->arena, t->aliases + 1, sizeof *list);
        if (!list)
            return false;
        for (size_t i = 0; i < t->aliases; i++)
            if (t->alias[i].list == l)
                list[t->sorted_count[l]++] = (uint32_t)i;
        qsort_r(list, t->sorted_count[l], sizeof *list, by_key, t);
        t->sorted[l] = list;
    }
    return true;
}

static struct terms_table *build(void)
{
    struct terms_table *t = mem_alloc(1, sizeof *t);
    if (!t)
        return NULL;
    arena_init(&t->arena, 16u << 20);
    if (!room(t))
        goto fail;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        read_file(t, &forms[i]);
    read_answers(t);
    if (!t->failed && sort_aliases(t))
        return t;
fail:
    arena_free(&t->arena);
    mem_free(t);
    return NULL;
}

/* Constant once built. A failure for want of memory is not kept. */
static _Atomic(struct terms_table *) the_table;
static pthread_mutex_t building = PTHREAD_MUTEX_INITIALIZER;

const struct terms_table *terms_table(void)
{
    struct terms_table *t = atomic_load_explicit(&the_table, memory_order_acquire);
    if (t)
        return t;
    pthread_mutex_lock(&building);
    t = atomic_load_explicit(&the_table, memory_order_acquire);
    if (!t) {
        t = build();
        atomic_store_explicit(&the_table, t, memory_order_release);
    }
    pthread_mutex_unlock(&building);
    return t;
}

/* ---- asking ---- */

const struct terms_alias *terms_find(
    const struct terms_table *t, unsigned list, const char *key, size_t n, unsigned type)
{
    const struct terms_alias *any = NULL;
    for (size_t at = list_hash(list, key, n) & t->exact.mask; t->exact.slot[at]; at = (at + 1) & t->exact.mask) {
        const struct terms_alias *a = &t->alias[t->exact.slot[at] - 1];
        if (a->list != list || a->length != n || memcmp(a->key, key, n) != 0)
            continue;
        if (a->types && type < 32 && a->types >> type & 1)
            return a;
        if (!a->types)
            any = a;
    }
    return any;
}

static bool same_digits(const char *a, size_t an, const char *b, size_t bn)
{
    size_t i = 0, j = 0;
    for (;;) {
        while (i < an && (a[i] < '0' || a[i] > '9'))
            i++;
        while (j < bn && (b[j] < '0' || b[j] > '9'))
            j++;
        if (i == an || j == bn)
            return i == an && j == bn;
        if (a[i++] != b[j++])
            return false;
    }
}

struct nearest {
    unsigned number, distance;
    bool several;
};

static void consider(struct nearest *best, const struct terms_alias *a, const char *key, size_t n, unsigned limit)
{
    char other[TERMS_KEY_MAX];
    size_t m = single(a->key, a->length, other);
    unsigned d = fold_distance(key, n, other, m, limit);
    if (d > limit || !same_digits(key, n, other, m))
        return;
    d = 2 * d + (a->number >= 1000);
    if (best->number == 0 || d < best->distance)
        *best = (struct nearest){a->number, d, false};
    else if (d == best->distance && a->number != best->number)
        best->several = true;
}

static void probe(const struct terms_table *t, unsigned list, const char *form, size_t m, const char *key, size_t n,
    struct nearest *best)
{
    for (size_t at = list_hash(list, form, m) & t->near.mask; t->near.slot[at]; at = (at + 1) & t->near.mask) {
        const struct terms_alias *a = &t->alias[t->near.slot[at] - 1];
        if (a->list == list)
            consider(best, a, key, n, 1);
    }
}

unsigned terms_near(const struct terms_table *t, unsigned list, const char *text, size_t n, unsigned limit)
{
    char key[TERMS_KEY_MAX], shorter[TERMS_KEY_MAX];
    struct nearest best = {0};
    if (n < NEAR_SHORTEST - 1 || n > 40)
        return 0;
    n = single(text, n, key);
    if (limit == 1) {
        probe(t, list, key, n, key, n, &best);
        for (size_t i = 0; i < n; i++) {
            memcpy(shorter, key, i);
            memcpy(shorter + i, key + i + 1, n - i - 1);
            probe(t, list, shorter, n - 1, key, n, &best);
        }
    } else {
        for (size_t i = 0; i < t->sorted_count[list]; i++) {
            const struct terms_alias *a = &t->alias[t->sorted[list][i]];
            bool near = a->length >= 8 && a->length <= n + limit && n <= a->length + limit && a->key[0] == key[0];
            if (near && a->number < 1000)
                consider(&best, a, key, n, limit);
        }
    }
    return best.several ? 0 : best.number;
}

unsigned terms_begun(const struct terms_table *t, unsigned list, const char *key, size_t n)
{
    size_t low = 0, high = t->sorted_count[list];
    unsigned number = 0;
    while (low < high) {
        size_t mid = (low + high) / 2;
        const struct terms_alias *a = &t->alias[t->sorted[list][mid]];
        if (slice_cmp(slice_of(a->key, a->length), slice_of(key, n)) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < t->sorted_count[list]; low++) {
        const struct terms_alias *a = &t->alias[t->sorted[list][low]];
        if (a->length < n || memcmp(a->key, key, n) != 0)
            break;
        if (a->types)
            continue;
        if (number && number != a->number)
            return 0;
        number = a->number;
    }
    return number;
}

const struct terms_row *terms_row(const struct terms_table *t, unsigned list, unsigned number)
{
    unsigned at = list < TERM_LISTS && number < TERMS_NUMBERS ? t->list[list].by_number[number] : 0;
    return at ? &t->list[list].row[at - 1] : NULL;
}

const struct terms_row *terms_row_by_code(const struct terms_table *t, unsigned list, struct slice code)
{
    for (size_t at = list_hash(list, code.p, code.n) & t->code.mask; t->code.slot[at]; at = (at + 1) & t->code.mask) {
        uint32_t v = t->code.slot[at];
        const struct terms_row *r = &t->list[v >> 16].row[(v & 0xFFFF) - 1];
        if (v >> 16 == list && slice_is(code, r->code))
            return r;
    }
    return NULL;
}
