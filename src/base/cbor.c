#include "base/cbor.h"
#include "base/banned.h"

enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };

/* The head of a value: its sort and its number, which has to be written in the fewest bytes. */
static bool head(struct cbor *c, enum major *major, uint64_t *number)
{
    static const uint64_t least[] = {24, 0x100, 0x10000, UINT64_C(0x100000000)};
    struct slice *r = &c->rest;
    if (c->bad || !r->n)
        return false;
    uint8_t first = (uint8_t)r->p[0], low = first & 31;
    size_t more = low < 24 ? 0 : low < 28 ? (size_t)1 << (low - 24) : r->n;
    if (r->n - 1 < more) /* also the indefinite lengths, and what is reserved */
        return false;
    *major = (enum major)(first >> 5);
    *number = more ? 0 : low;
    for (size_t i = 0; i < more; i++)
        *number = *number << 8 | (uint8_t)r->p[1 + i];
    if (more && *number < least[low - 24])
        return false;
    *r = slice_of(r->p + 1 + more, r->n - 1 - more);
    return true;
}

static uint64_t expect(struct cbor *c, enum major want)
{
    enum major major;
    uint64_t n;
    bool well = head(c, &major, &n) && major == want;
    c->bad = !well;
    return well ? n : 0;
}

static struct slice string(struct cbor *c, enum major want)
{
    uint64_t n = expect(c, want);
    c->bad = c->bad || n > c->rest.n;
    if (c->bad)
        return slice_of(NULL, 0);
    struct slice s = slice_of(c->rest.p, (size_t)n);
    c->rest = slice_of(c->rest.p + n, c->rest.n - (size_t)n);
    return s;
}

size_t cbor_map(struct cbor *c)
{
    uint64_t n = expect(c, MAP);
    c->bad = c->bad || n > c->rest.n / 2; /* each pair takes two bytes */
    return c->bad ? 0 : (size_t)n;
}

int64_t cbor_int(struct cbor *c)
{
    enum major major;
    uint64_t n;
    c->bad = !head(c, &major, &n) || major > NEGATIVE || n > INT64_MAX;
    return c->bad ? 0 : major == NEGATIVE ? -1 - (int64_t)n : (int64_t)n;
}

struct slice cbor_bytes(struct cbor *c)
{
    return string(c, BYTES);
}

struct slice cbor_text(struct cbor *c)
{
    struct slice s = string(c, TEXT);
    c->bad = c->bad || slice_utf8_fault(s) >= 0;
    return c->bad ? slice_of(NULL, 0) : s;
}

bool cbor_at_text(const struct cbor *c)
{
    return !c->bad && c->rest.n && (uint8_t)c->rest.p[0] >> 5 == TEXT;
}

static void skip(struct cbor *c, int depth)
{
    struct cbor at = *c;
    enum major major;
    uint64_t n;
    if (!depth || !head(c, &major, &n) || major == TAG || (major == SIMPLE && n != 20 && n != 21)) { /* of the simple ones: false, true */
        c->bad = true;
    } else if (major == BYTES || major == TEXT) {
        *c = at;
        string(c, major);
    } else if (major == ARRAY || major == MAP) {
        c->bad = n > c->rest.n;
        for (uint64_t i = 0; i < n * (major == MAP ? 2 : 1) && !c->bad; i++)
            skip(c, depth - 1);
    }
}

struct slice cbor_any(struct cbor *c)
{
    const char *from = c->rest.p;
    skip(c, CBOR_DEPTH);
    return c->bad ? slice_of(NULL, 0) : slice_of(from, (size_t)(c->rest.p - from));
}
