#include "base/node.h"
#include "base/json_plain.h"
#include "base/banned.h"

struct reader {
    struct arena *a;
    const char *p, *end, *start;
    bool full; /* no memory */
};

static void skip(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
        r->p++;
}

/* ---- strings ---- */

static int hex4(const char *p, const char *end)
{
    int v = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int d = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (d < 0)
            return -1;
        v = v * 16 + d;
    }
    return v;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
        *to++ = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *to++ = (char)(0xE0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 63));
        *to++ = (char)(0x80 | (c & 63));
    } else {
        *to++ = (char)(0xF0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 63));
        *to++ = (char)(0x80 | (c >> 6 & 63));
        *to++ = (char)(0x80 | (c & 63));
    }
    return to;
}

/* After the 'u' of an escape: one code point, surrogate pairs joined, lone ones replaced. NULL when not hexadecimal. */
static const char *read_unicode(const char *p, const char *end, uint32_t *out)
{
    int high = hex4(p, end);
    if (high < 0)
        return NULL;
    p += 4;
    *out = (uint32_t)high;
    if (high < 0xD800 || high > 0xDFFF)
        return p;
    int low = high < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? hex4(p + 2, end) : -1;
    if (low < 0xDC00 || low > 0xDFFF) {
        *out = 0xFFFD;
        return p;
    }
    *out = 0x10000u + (((uint32_t)high - 0xD800u) << 10) + ((uint32_t)low - 0xDC00u);
    return p + 6;
}

static bool unescape(struct reader *r, const char *from, const char *to, struct slice *out)
{
    static const char plain[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
    char *copy = arena_alloc(r->a, (size_t)(to - from) + 1), *w = copy;
    if (!copy) {
        r->full = true;
        return false;
    }
    while (from < to) {
        if (*from != '\\') {
            *w++ = *from++;
            continue;
        }
        if (++from >= to)
            return false;
        const char *at = strchr(plain, *from);
        uint32_t c = 0;
        if (at && *from) {
            *w++ = meaning[at - plain];
            from++;
        } else if (*from == 'u' && (from = read_unicode(from + 1, to, &c))) {
            w = put_utf8(w, c);
        } else {
            return false;
        }
    }
    *out = slice_of(copy, (size_t)(w - copy));
    return true;
}

static bool read_string(struct reader *r, struct slice *out)
{
    if (r->p >= r->end || *r->p != '"')
        return false;
    const char *from = ++r->p;
    bool escaped = false;
    r->p += json_plain(r->p, (size_t)(r->end - r->p), 0);
    for (; r->p < r->end && *r->p != '"'; r->p++) {
        if ((uint8_t)*r->p < 0x20)
            return false;
        if (*r->p == '\\') {
            escaped = true;
            r->p++;
        }
    }
    if (r->p >= r->end)
        return false;
    const char *to = r->p++;
    *out = slice_of(from, (size_t)(to - from));
    return !escaped || unescape(r, from, to, out);
}

/* ---- values ---- */

static struct node *read_value(struct reader *r, int depth);

static bool read_children(struct reader *r, struct node *v, int depth)
{
    char close = v->type == NODE_OBJECT ? '}' : ']';
    skip(r);
    if (r->p < r->end && *r->p == close)
        return r->p++, true;
    for (;;) {
        struct slice key = {NULL, 0};
        skip(r);
        if (v->type == NODE_OBJECT) {
            if (!read_string(r, &key))
                return false;
            skip(r);
            if (r->p >= r->end || *r->p++ != ':')
                return false;
            skip(r);
        }
        struct node *child = read_value(r, depth + 1);
        if (!child)
            return false;
        child->key = key;
        child->mark = node_mark(key);
        node_append(v, child);
        skip(r);
        if (r->p >= r->end)
            return false;
        if (*r->p == close)
            return r->p++, true;
        if (*r->p++ != ',')
            return false;
    }
}

static bool read_word(struct reader *r, const char *word, struct node *v, enum node_type type)
{
    size_t n = strlen(word);
    if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
        return false;
    r->p += n;
    v->type = type;
    return true;
}

static bool read_number(struct reader *r, struct node *v)
{
    const char *from = r->p;
    while (r->p < r->end && ((*r->p >= '0' && *r->p <= '9') || *r->p == '-' || *r->p == '+' || *r->p == '.' || (*r->p | 32) == 'e'))
        r->p++;
    v->type = NODE_NUMBER;
    v->text = slice_of(from, (size_t)(r->p - from));
    return v->text.n > 0;
}

static struct node *read_value(struct reader *r, int depth)
{
    bool ok = false;
    if (depth >= NODE_DEPTH || r->p >= r->end)
        return NULL;
    struct node *v = arena_alloc(r->a, sizeof *v);
    if (!v) {
        r->full = true;
        return NULL;
    }
    switch (*r->p) {
    case '{':
    case '[':
        v->type = *r->p++ == '{' ? NODE_OBJECT : NODE_LIST;
        ok = read_children(r, v, depth);
        break;
    case '"':
        v->type = NODE_STRING;
        ok = read_string(r, &v->text);
        break;
    case 't':
        ok = read_word(r, "true", v, NODE_TRUE);
        break;
    case 'f':
        ok = read_word(r, "false", v, NODE_FALSE);
        break;
    case 'n':
        ok = read_word(r, "null", v, NODE_NULL);
        break;
    default:
        ok = read_number(r, v);
    }
    return ok ? v : NULL;
}

enum err node_parse(struct arena *a, struct slice json, struct node **out, struct fault *f)
{
    struct reader r = {.a = a, .p = json.p, .end = json.p + json.n, .start = json.p};
    skip(&r);
    struct node *v = json.n ? read_value(&r, 0) : NULL;
    if (v)
        skip(&r);
    if (v && r.p == r.end) {
        *out = v;
        return OK;
    }
    if (r.full)
        return fault_set(f, ERR_MEMORY, "json", SLICE(""), "");
    size_t at = json.n ? (size_t)((r.p < r.end ? r.p : r.end) - r.start) : 0;
    return fault_set(f, ERR_FORMAT, "json", slice_of(json.p + (at < json.n ? at : 0), at < json.n ? json.n - at : 0), "want.json");
}

/* ---- reading ---- */

const struct node *node_member(const struct node *v, struct slice key, uint32_t mark)
{
    if (!v || v->type != NODE_OBJECT || !(v->has & node_bit(mark)))
        return NULL;
    for (const struct node *c = v->first; c; c = c->next)
        if (c->mark == mark && slice_eq(c->key, key))
            return c;
    return NULL;
}

struct slice node_text(const struct node *v, const char *key)
{
    const struct node *m = node_get(v, key);
    return m ? m->text : slice_of(NULL, 0);
}

int64_t node_int(const struct node *v, const char *key, int64_t otherwise)
{
    struct slice s = node_text(v, key);
    bool minus = s.n && s.p[0] == '-';
    uint64_t n;
    if (minus)
        s = slice_of(s.p + 1, s.n - 1);
    if (!s.n || !slice_u64(s, INT64_MAX, &n))
        return otherwise;
    return minus ? -(int64_t)n : (int64_t)n;
}

bool node_truth(const struct node *v)
{
    if (!v || v->type <= NODE_FALSE)
        return false;
    if (v->type == NODE_STRING || v->type == NODE_RAW)
        return v->text.n > 0;
    return v->type != NODE_LIST || v->first;
}

/* ---- building ---- */

struct node *node_object(struct arena *a)
{
    struct node *v = arena_alloc(a, sizeof *v);
    if (v)
        v->type = NODE_OBJECT;
    return v;
}

void node_link(struct node *into, const char *key, struct node *v)
{
    if (!into || !v)
        return;
    v->key = slice_str(key);
    v->mark = node_mark(v->key);
    v->next = NULL;
    node_append(into, v);
}

struct node *node_add(struct arena *a, struct node *into, const char *key, enum node_type type, struct slice text)
{
    struct node *v = arena_alloc(a, sizeof *v);
    if (!v)
        return NULL;
    v->type = type;
    v->text = text;
    node_link(into, key, v);
    return v;
}
