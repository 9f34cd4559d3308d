#include "web/form.h"
#include "base/banned.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %XX (and '+' as a space where `plus`). */
static enum err decode(struct arena *a, struct slice s, bool plus, struct slice *out, struct fault *f)
{
    char *w = arena_alloc(a, s.n + 1);
    size_t n = 0;
    if (!w)
        return fault_set(f, ERR_MEMORY, "request", s, "");
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int high = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1, low = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return fault_set(f, ERR_FORMAT, "request", s, "want.percent");
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (!c)
            return fault_set(f, ERR_ENCODING, "request", s, "want.no_nul");
        w[n++] = c;
    }
    if (slice_utf8_fault(slice_of(w, n)) >= 0)
        return fault_set(f, ERR_ENCODING, "request", s, "want.utf8");
    *out = slice_of(w, n);
    return OK;
}

static struct slice take_until(struct slice *rest, char c)
{
    const char *p = memchr(rest->p, c, rest->n);
    struct slice part = slice_of(rest->p, p ? (size_t)(p - rest->p) : rest->n);
    size_t skip = part.n + (p ? 1 : 0);
    *rest = slice_of(rest->p + skip, rest->n - skip);
    return part;
}

static enum err add_field(struct arena *a, struct slice pair, struct form *out, struct fault *f)
{
    struct slice value = pair, name = take_until(&value, '=');
    struct form_field *field = &out->field[out->count];
    if (out->count == FORM_FIELDS)
        return fault_set(f, ERR_TOO_LONG, "request", name, "want.form_fields");
    enum err e = decode(a, name, true, &field->name, f);
    if (!e)
        e = decode(a, value, true, &field->value, f);
    for (size_t i = 0; !e && i < out->count; i++)
        if (slice_eq(out->field[i].name, field->name))
            e = fault_set(f, ERR_EXISTS, "request", field->name, "want.field_once");
    if (!e)
        out->count++;
    return e;
}

enum err form_parse(struct arena *a, struct slice text, struct form *out, struct fault *f)
{
    enum err e = OK;
    out->count = 0;
    while (text.n && !e) {
        struct slice pair = take_until(&text, '&');
        if (pair.n)
            e = add_field(a, pair, out, f);
    }
    return e;
}

/* Proofs are what was typed, less the blanks at their ends that every device adds; all else also less what copying off a page brings along. */
static bool is_proof(const char *name)
{
    return strcmp(name, "password") == 0 || strcmp(name, "old") == 0 || strcmp(name, "secret") == 0;
}

struct slice form_get(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++) {
        if (slice_is(form->field[i].name, name)) {
            struct slice v = is_proof(name) ? slice_trim(form->field[i].value) : slice_bare(form->field[i].value);
            return v.n ? v : slice_of(NULL, 0);
        }
    }
    return slice_of(NULL, 0);
}

static enum err check_segments(struct slice raw, struct fault *f)
{
    struct slice rest = slice_of(raw.p + 1, raw.n - 1);
    while (rest.n) {
        struct slice s = take_until(&rest, '/');
        if (!s.n || slice_is(s, ".") || slice_is(s, ".."))
            return fault_set(f, ERR_FORMAT, "path", raw, "want.path");
    }
    return OK;
}

enum err form_path(struct arena *a, struct slice raw, struct slice *out, struct fault *f)
{
    struct slice path;
    if (!raw.n || raw.p[0] != '/')
        return fault_set(f, ERR_FORMAT, "path", raw, "want.path");
    for (size_t i = 0; i + 2 < raw.n; i++)
        if (raw.p[i] == '%' && raw.p[i + 1] == '2' && (raw.p[i + 2] | 32) == 'f')
            return fault_set(f, ERR_FORMAT, "path", raw, "want.path");
    enum err e = decode(a, raw, false, &path, f);
    if (!e)
        e = check_segments(path, f);
    if (!e)
        *out = path;
    return e;
}

void form_quote(struct buf *out, struct slice s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = (uint8_t)s.p[i];
        if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c && strchr("-._~", c))) {
            buf_byte(out, c);
        } else {
            buf_byte(out, '%');
            buf_byte(out, (uint8_t)hex[c >> 4]);
            buf_byte(out, (uint8_t)hex[c & 15]);
        }
    }
}
