/* A mapping applied to one row: columns found, texts joined, synonyms looked up, conditions tested. */
#include "intake/map.h"
#include <strings.h>
#include "base/banned.h"

static int column_number(const struct slice *heading, size_t n, struct slice name)
{
    for (size_t i = 0; i < n; i++)
        if (slice_eq(slice_trim(heading[i]), name))
            return (int)i;
    return -1;
}

/* A heading in one cell that holds what parts columns elsewhere: spreadsheets of many countries write semicolons. */
static bool parted_otherwise(const struct map *m, struct slice heading)
{
    static const char others[] = ",;\t|";
    for (const char *c = others; *c; c++)
        if (*c != m->delimiter && memchr(heading.p, *c, heading.n))
            return true;
    return false;
}

enum err map_bind(struct map *m, const struct slice *heading, size_t n, struct fault *f)
{
    for (size_t i = 0; i < m->value_count; i++) {
        struct map_value *v = m->value[i];
        for (size_t k = 0; k < v->column_count; k++) {
            v->at[k] = column_number(heading, n, v->column[k]);
            if (v->at[k] >= 0 && column_number(heading + v->at[k] + 1, n - (size_t)v->at[k] - 1, v->column[k]) >= 0)
                return fault_set(f, ERR_FORMAT, "column", v->column[k], "want.column_once");
            if (v->at[k] < 0 && n == 1 && heading[0].n && parted_otherwise(m, heading[0]))
                return fault_set(f, ERR_FORMAT, "delimiter", heading[0], "want.mapping_delimiter");
            if (v->at[k] < 0)
                return fault_set(f, ERR_UNKNOWN_COLUMN, "column", v->column[k], "want.column_in_heading");
        }
    }
    return OK;
}

static bool same_word(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

static bool is_empty_word(const struct map_value *v, struct slice s)
{
    for (size_t i = 0; i < v->empty_count; i++)
        if (same_word(v->empty[i], s))
            return true;
    return false;
}

typedef struct slice (*trim_fn)(struct slice s);

static struct slice cell(const struct map_value *v, size_t k, const struct slice *cells, size_t n, trim_fn trim)
{
    struct slice s = (size_t)v->at[k] < n ? cells[v->at[k]] : SLICE("");
    if (!s.n) /* most cells of a wide table */
        return SLICE("");
    s = trim(s);
    return is_empty_word(v, s) ? SLICE("") : s;
}

static struct slice join(const struct map_value *v, const struct slice *cells, size_t n, struct arena *a, trim_fn trim)
{
    size_t need = 0, at = 0;
    for (size_t k = 0; k < v->column_count; k++)
        need += cell(v, k, cells, n, trim).n + v->with.n;
    char *p = arena_alloc(a, need + 1);
    for (size_t k = 0; p && k < v->column_count; k++) {
        struct slice s = cell(v, k, cells, n, trim);
        if (s.n && at && v->with.n) {
            memcpy(p + at, v->with.p, v->with.n);
            at += v->with.n;
        }
        if (s.n)
            memcpy(p + at, s.p, s.n);
        at += s.n;
    }
    return slice_of(p ? p : "", at);
}

static struct slice read_text(const struct map_value *v, const struct slice *cells, size_t n, struct arena *a, trim_fn trim)
{
    if (!v->given)
        return SLICE("");
    struct slice s = !v->column_count ? v->constant : v->column_count == 1 ? cell(v, 0, cells, n, trim) : join(v, cells, n, a, trim);
    for (size_t i = 0; i < v->synonym_count; i++)
        if (same_word(v->synonym[i].from, s))
            return v->synonym[i].to;
    return v->has_otherwise && s.n ? v->otherwise : s;
}

struct slice map_key(const struct map_value *v, const struct slice *cells, size_t n, struct arena *a)
{
    return read_text(v, cells, n, a, slice_trim);
}

static struct slice bare(struct slice s)
{
    return slice_bare(s);
}

struct slice map_text(const struct map_value *v, const struct slice *cells, size_t n, struct arena *a)
{
    return read_text(v, cells, n, a, bare);
}

static bool starts_with(struct slice s, struct slice prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || strncasecmp(s.p, prefix.p, prefix.n) == 0);
}

static bool any_word(const struct map_condition *c, struct slice s)
{
    bool prefix = c->test == TEST_STARTS || c->test == TEST_NOT_STARTS;
    for (size_t i = 0; i < c->word_count; i++)
        if (prefix ? starts_with(s, c->word[i]) : same_word(s, c->word[i]))
            return true;
    return false;
}

static bool holds(const struct map_condition *c, struct slice s)
{
    switch (c->test) {
    case TEST_FILLED:
        return s.n > 0;
    case TEST_EMPTY:
        return s.n == 0;
    case TEST_IN:
    case TEST_STARTS:
        return any_word(c, s);
    case TEST_NOT_IN:
    case TEST_NOT_STARTS:
        return !any_word(c, s);
    }
    return false;
}

bool map_holds(const struct map_condition *c, size_t count, const struct slice *cells, size_t n, struct arena *a)
{
    for (size_t i = 0; i < count; i++)
        if (!holds(&c[i], map_text(&c[i].value, cells, n, a)))
            return false;
    return true;
}
