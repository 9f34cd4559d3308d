#include "web/head.h"
#include <strings.h>
#include "base/banned.h"

/* What may stand once in a request: two readers could each take another one. */
static const char *const once[] = {"Host", "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Authorization", "Cookie", "Origin",
    "Expect", "Sec-Fetch-Site", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "Athar-Purpose", "Athar-Case"};

static bool token_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(struct slice s)
{
    bool well = s.n > 0;
    for (size_t i = 0; i < s.n && well; i++)
        well = token_character(s.p[i]);
    return well;
}

/* RFC 9110 5.5: visible characters, blanks, tabs, bytes above 127. */
static bool is_value(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static struct slice until_zero(const char *raw, size_t n, size_t from)
{
    const char *zero = from < n ? memchr(raw + from, 0, n - from) : NULL;
    return zero ? slice_of(raw + from, (size_t)(zero - raw) - from) : slice_of(NULL, 0);
}

static bool ends_line(const char *raw, size_t n, size_t at)
{
    return at + 2 <= n && !raw[at] && !raw[at + 1];
}

static bool first_line(const char *raw, size_t n, size_t address, size_t address_n, size_t version)
{
    struct slice method = until_zero(raw, n, 0);
    if (!is_token(method) || address != method.n + 1 || address > n || address_n > n - address || version != address + address_n + 1)
        return false;
    return version + 8 <= n && (memcmp(raw + version, "HTTP/1.1", 8) == 0 || memcmp(raw + version, "HTTP/1.0", 8) == 0) &&
        ends_line(raw, n, version + 8);
}

/* One field, from *at on. */
static bool next_field(const char *raw, size_t n, size_t *at, struct head_field *out)
{
    out->name = until_zero(raw, n, *at);
    if (!is_token(out->name))
        return false;
    size_t value = *at + out->name.n + 1;
    struct slice s = until_zero(raw, n, value);
    if (!s.p || !is_value(s) || !ends_line(raw, n, value + s.n))
        return false;
    *at = value + s.n + 2;
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = slice_of(s.p + 1, s.n - 1);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    out->value = s;
    return true;
}

static bool same_name(struct slice name, const char *other)
{
    return name.n == strlen(other) && strncasecmp(name.p, other, name.n) == 0;
}

/* Alike when an underscore is taken for a dash. */
static bool looks_like(struct slice name, const char *other)
{
    bool alike = name.n == strlen(other);
    for (size_t i = 0; i < name.n && alike; i++) {
        char c = name.p[i] == '_' ? '-' : name.p[i];
        alike = strncasecmp(&c, &other[i], 1) == 0;
    }
    return alike;
}

static const char *check_once(const struct head *h)
{
    for (size_t k = 0; k < sizeof once / sizeof *once; k++) {
        size_t n = 0;
        for (size_t i = 0; i < h->count; i++) {
            if (!looks_like(h->field[i].name, once[k]))
                continue;
            if (!same_name(h->field[i].name, once[k]))
                return "a header is written with an underscore that has none";
            if (++n > 1)
                return "a header stands twice that may stand once";
        }
    }
    return NULL;
}

static const char *check_body(struct head *h, struct slice method, int *status)
{
    struct slice length = head_get(h, "Content-Length"), expect = head_get(h, "Expect");
    if (head_get(h, "Transfer-Encoding").p)
        return *status = length.p ? 400 : 411, "a body needs a Content-Length and no Transfer-Encoding";
    if (length.p && (length.n > 18 || !slice_u64(length, UINT64_MAX, &h->body)))
        return "Content-Length is not a number";
    if (h->body && (slice_is(method, "GET") || slice_is(method, "HEAD")))
        return "GET and HEAD have no body";
    if (head_get(h, "Content-Encoding").p)
        return *status = 415, "a body is sent as it is";
    return expect.p && !same_name(expect, "100-continue") ? (*status = 417, "only 100-continue can be expected") : NULL;
}

const char *head_read(const char *raw, size_t n, size_t address, size_t address_n, size_t version, struct head *out, int *status)
{
    static const char malformed[] = "the head of the request is not well-formed";
    *status = 400;
    out->count = 0;
    out->body = 0;
    if (!first_line(raw, n, address, address_n, version))
        return malformed;
    size_t at = version + 10;
    while (at < n && raw[at]) {
        if (out->count == HEAD_FIELDS)
            return *status = 431, "too many headers";
        if (!next_field(raw, n, &at, &out->field[out->count]))
            return malformed;
        out->count++;
    }
    if (at + 2 != n || !ends_line(raw, n, at))
        return malformed;
    const char *why = check_once(out);
    if (why)
        return why;
    return head_get(out, "Host").n ? check_body(out, until_zero(raw, n, 0), status) : "exactly one Host header is needed";
}

struct slice head_get(const struct head *h, const char *name)
{
    for (size_t i = 0; i < h->count; i++)
        if (same_name(h->field[i].name, name))
            return h->field[i].value;
    return slice_of(NULL, 0);
}

struct slice head_cookie(const struct head *h, const char *name)
{
    struct slice all = head_get(h, "Cookie"), found = {0};
    size_t n = strlen(name), times = 0;
    while (all.n) {
        const char *end = memchr(all.p, ';', all.n);
        struct slice one = slice_trim(slice_of(all.p, end ? (size_t)(end - all.p) : all.n));
        all = end ? slice_of(end + 1, all.n - (size_t)(end + 1 - all.p)) : slice_of(NULL, 0);
        if (one.n > n && memcmp(one.p, name, n) == 0 && one.p[n] == '=') {
            found = slice_of(one.p + n + 1, one.n - n - 1);
            times++;
        }
    }
    return times == 1 ? found : slice_of(NULL, 0);
}
