/* The reader: one pass over a copy of the input, in which strings are unescaped in place. */
#include "base/cjson.h"
#include "base/json_plain.h"

#include "base/banned.h"

#define INT_LIMIT (INT64_C(1) << 53)

struct reader {
    struct arena *arena;
    char *start, *at, *end; /* *end is NUL */
    int depth;
    enum err err;
};

static bool fail(struct reader *r, enum err err)
{
    if (!r->err)
        r->err = err;
    return false;
}

static bool take(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool take_word(struct reader *r, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
        return fail(r, ERR_FORMAT);
    r->at += n;
    return true;
}

static int hex_low(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that the escape after a backslash stands for, or -1. */
static int escaped(struct reader *r)
{
    if (take(r, '"'))
        return '"';
    if (take(r, '\\'))
        return '\\';
    if (r->end - r->at < 5 || memcmp(r->at, "u00", 3) != 0)
        return -1;
    int high = hex_low(r->at[3]), low = hex_low(r->at[4]);
    if (high < 0 || high > 1 || low < 0)
        return -1;
    r->at += 5;
    return high << 4 | low;
}

static bool read_string(struct reader *r, struct slice *out)
{
    if (!take(r, '"'))
        return fail(r, ERR_FORMAT);
    char *from = r->at, *to = r->at + json_plain(r->at, (size_t)(r->end - r->at), 0);
    for (r->at = to;;) {
        if (r->at == r->end || (unsigned char)*r->at < 0x20)
            return fail(r, ERR_FORMAT);
        char c = *r->at++;
        if (c == '"')
            break;
        if (c == '\\') {
            int byte = escaped(r);
            if (byte < 0)
                return fail(r, ERR_FORMAT);
            c = (char)byte;
        }
        *to++ = c;
    }
    *to = 0; /* at most where the closing quote was */
    *out = slice_of(from, (size_t)(to - from));
    return true;
}

static bool read_key(struct reader *r, struct slice *out)
{
    const char *from = r->at;
    if (!read_string(r, out))
        return false;
    return (size_t)(r->at - from) == out->n + 2 ? true : fail(r, ERR_FORMAT); /* no escapes */
}

static bool read_int(struct reader *r, int64_t *out)
{
    bool negative = take(r, '-');
    const char *from = r->at;
    int64_t v = 0;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9' && v < INT_LIMIT)
        v = v * 10 + (*r->at++ - '0');
    bool zero_first = r->at > from && *from == '0' && (negative || r->at - from > 1);
    if (r->at == from || zero_first || v >= INT_LIMIT)
        return fail(r, ERR_FORMAT);
    *out = negative ? -v : v;
    return true;
}

static bool read_value(struct reader *r, struct cj_value *v);

/* One child more at the end of the list; `link` is where its address goes. */
static struct cj_value *child(struct reader *r, struct cj_value *parent, struct cj_value ***link)
{
    struct cj_value *v = arena_alloc(r->arena, sizeof *v);
    if (!v) {
        fail(r, ERR_MEMORY);
        return NULL;
    }
    **link = v;
    *link = &v->next;
    parent->count++;
    return v;
}

static bool read_array(struct reader *r, struct cj_value *v)
{
    struct cj_value **link = &v->first;
    v->type = CJ_ARR;
    if (take(r, ']'))
        return true;
    do {
        struct cj_value *item = child(r, v, &link);
        if (!item || !read_value(r, item))
            return false;
    } while (take(r, ','));
    return take(r, ']') ? true : fail(r, ERR_FORMAT);
}

/* As slice_cmp, of keys: most differ in their first byte. */
static int key_cmp(struct slice a, struct slice b)
{
    if (a.n && b.n && *a.p != *b.p)
        return (unsigned char)*a.p < (unsigned char)*b.p ? -1 : 1;
    return slice_cmp(a, b);
}

static bool read_object(struct reader *r, struct cj_value *v)
{
    struct cj_value **link = &v->first, *last = NULL;
    v->type = CJ_OBJ;
    if (take(r, '}'))
        return true;
    do {
        struct cj_value *item = child(r, v, &link);
        if (!item || !read_key(r, &item->key))
            return false;
        if (last && key_cmp(last->key, item->key) >= 0)
            return fail(r, ERR_FORMAT);
        if (!take(r, ':'))
            return fail(r, ERR_FORMAT);
        if (!read_value(r, item))
            return false;
        last = item;
    } while (take(r, ','));
    return take(r, '}') ? true : fail(r, ERR_FORMAT);
}

static bool read_container(struct reader *r, struct cj_value *v)
{
    if (r->depth == CJ_DEPTH)
        return fail(r, ERR_FORMAT);
    r->depth++;
    bool ok = *r->at++ == '{' ? read_object(r, v) : read_array(r, v);
    r->depth--;
    return ok;
}

static bool read_value(struct reader *r, struct cj_value *v)
{
    switch (*r->at) {
    case '{':
    case '[':
        return read_container(r, v);
    case '"':
        v->type = CJ_STR;
        return read_string(r, &v->s);
    case 't':
        v->type = CJ_TRUE;
        return take_word(r, "true");
    case 'f':
        v->type = CJ_FALSE;
        return take_word(r, "false");
    case 'n':
        v->type = CJ_NULL;
        return take_word(r, "null");
    default:
        v->type = CJ_INT;
        return read_int(r, &v->i);
    }
}

static enum err fault_at(struct fault *f, enum err err, size_t offset)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + offset % 10);
    while (offset /= 10);
    return fault_set(f, err, "json", slice_of(digits + at, sizeof digits - at), "want.json");
}

enum err cj_parse(struct arena *a, struct slice json, struct cj_value **out, struct fault *f)
{
    ptrdiff_t bad = slice_utf8_fault(json);
    if (bad >= 0)
        return fault_at(f, ERR_FORMAT, (size_t)bad);
    struct slice copy = arena_copy(a, json);
    struct cj_value *root = arena_alloc(a, sizeof *root);
    if (!copy.p || !root)
        return fault_at(f, ERR_MEMORY, 0);
    char *start = (char *)(uintptr_t)copy.p; /* our own copy, unescaped in place */
    struct reader r = {.arena = a, .start = start, .at = start, .end = start + copy.n};
    if (read_value(&r, root) && r.at != r.end)
        fail(&r, ERR_FORMAT);
    if (r.err)
        return fault_at(f, r.err, (size_t)(r.at - r.start));
    *out = root;
    return OK;
}

/* ---- asking the tree ---- */

const struct cj_value *cj_get(const struct cj_value *v, const char *key)
{
    if (!v || v->type != CJ_OBJ)
        return NULL;
    struct slice want = slice_str(key);
    for (const struct cj_value *item = v->first; item; item = item->next)
        if (item->key.n == want.n && *item->key.p == *key && memcmp(item->key.p, want.p, want.n) == 0)
            return item;
    return NULL;
}

bool cj_members(const struct cj_value *v, const struct cj_member *table, size_t n, const struct cj_value **found)
{
    size_t i = 0;
    if (!v || v->type != CJ_OBJ)
        return false;
    for (const struct cj_value *c = v->first; c; c = c->next) {
        int order = 1;
        while (i < n && (order = key_cmp(table[i].key, c->key)) < 0)
            found[i++] = NULL;
        if (i == n)
            break;
        if (order)
            continue;
        if (c->type != table[i].type)
            return false;
        found[i++] = c;
    }
    while (i < n)
        found[i++] = NULL;
    return true;
}

struct slice cj_get_str(const struct cj_value *v, const char *key)
{
    const struct cj_value *item = cj_get(v, key);
    return item && item->type == CJ_STR ? item->s : slice_of(NULL, 0);
}

int64_t cj_get_int(const struct cj_value *v, const char *key, int64_t otherwise)
{
    const struct cj_value *item = cj_get(v, key);
    return item && item->type == CJ_INT ? item->i : otherwise;
}

bool cj_get_bool(const struct cj_value *v, const char *key)
{
    const struct cj_value *item = cj_get(v, key);
    return item && item->type == CJ_TRUE;
}
