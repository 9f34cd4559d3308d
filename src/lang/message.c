#include "lang/message.h"
#include "lang/html.h"
#include "lang/lang_in.h"
#include "base/banned.h"

/* ---- compiling ---- */

struct parser {
    struct arena *a;
    struct slice text;
    size_t at;
    struct fault *f;
};

static enum err refuse(struct parser *p)
{
    size_t from = p->at < p->text.n ? p->at : p->text.n;
    return fault_set(p->f, ERR_FORMAT, "message", slice_of(p->text.p + from, p->text.n - from), "want.message");
}

static void skip_space(struct parser *p)
{
    while (p->at < p->text.n && (p->text.p[p->at] == ' ' || p->text.p[p->at] == '\t'))
        p->at++;
}

static bool take(struct parser *p, char c)
{
    skip_space(p);
    if (p->at >= p->text.n || p->text.p[p->at] != c)
        return false;
    p->at++;
    return true;
}

static bool word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '=' || c == '-';
}

static struct slice take_word(struct parser *p)
{
    skip_space(p);
    size_t from = p->at;
    while (p->at < p->text.n && p->at - from < MESSAGE_NAME_MAX && word_byte(p->text.p[p->at]))
        p->at++;
    return slice_of(p->text.p + from, p->at - from);
}

static enum err parse_parts(struct parser *p, unsigned depth, bool counted, struct message_part **out);

static enum err parse_branches(struct parser *p, unsigned depth, struct message_part *part)
{
    struct message_branch **tail = &part->branches;
    bool other = false;
    while (!take(p, '}')) {
        struct message_branch *b = arena_alloc(p->a, sizeof *b);
        if (!b)
            return fault_set(p->f, ERR_MEMORY, "message", p->text, "");
        b->key = take_word(p);
        if (!b->key.n || !take(p, '{'))
            return refuse(p);
        enum err e = parse_parts(p, depth + 1, part->kind == PART_PLURAL, &b->parts);
        if (e)
            return e;
        if (!take(p, '}'))
            return refuse(p);
        other = other || slice_is(b->key, "other");
        *tail = b;
        tail = &b->next;
    }
    return other ? OK : refuse(p);
}

static const struct {
    const char *word;
    enum part_kind kind;
} kinds[] = {{"id", PART_ID}, {"date", PART_DATE}, {"number", PART_ARG}, {"plural", PART_PLURAL}, {"select", PART_SELECT}};

static enum err parse_argument(struct parser *p, unsigned depth, struct message_part *part)
{
    part->kind = PART_ARG;
    part->text = take_word(p);
    if (!part->text.n || depth >= MESSAGE_DEPTH)
        return refuse(p);
    if (take(p, '}'))
        return OK;
    if (!take(p, ','))
        return refuse(p);
    struct slice word = take_word(p);
    size_t i = 0;
    while (i < sizeof kinds / sizeof *kinds && !slice_is(word, kinds[i].word))
        i++;
    if (i == sizeof kinds / sizeof *kinds)
        return refuse(p);
    part->kind = kinds[i].kind;
    if (part->kind != PART_PLURAL && part->kind != PART_SELECT)
        return take(p, '}') ? OK : refuse(p);
    return take(p, ',') ? parse_branches(p, depth, part) : refuse(p);
}

/* A literal run up to a brace (or # inside a plural), apostrophes resolved. */
static enum err parse_literal(struct parser *p, bool counted, struct message_part *part)
{
    char *copy = arena_alloc(p->a, p->text.n - p->at + 1);
    size_t n = 0;
    bool quoted = false;
    if (!copy)
        return fault_set(p->f, ERR_MEMORY, "message", p->text, "");
    for (; p->at < p->text.n; p->at++) {
        char c = p->text.p[p->at], next = p->at + 1 < p->text.n ? p->text.p[p->at + 1] : 0;
        if (c == '\'' && next == '\'') {
            copy[n++] = c;
            p->at++;
        } else if (c == '\'' && (quoted || next == '{' || next == '}')) {
            quoted = !quoted;
        } else if (!quoted && (c == '{' || c == '}' || (c == '#' && counted))) {
            break;
        } else {
            copy[n++] = c;
        }
    }
    part->kind = PART_LITERAL;
    part->text = slice_of(copy, n);
    return quoted ? refuse(p) : OK;
}

static enum err parse_parts(struct parser *p, unsigned depth, bool counted, struct message_part **out)
{
    struct message_part **tail = out;
    enum err e = OK;
    while (!e && p->at < p->text.n && p->text.p[p->at] != '}') {
        struct message_part *part = arena_alloc(p->a, sizeof *part);
        if (!part)
            return fault_set(p->f, ERR_MEMORY, "message", p->text, "");
        if (p->text.p[p->at] == '{') {
            p->at++;
            e = parse_argument(p, depth, part);
        } else if (counted && p->text.p[p->at] == '#') {
            p->at++;
            part->kind = PART_COUNT;
        } else {
            e = parse_literal(p, counted, part);
        }
        *tail = part;
        tail = &part->next;
    }
    return e;
}

enum err message_compile(struct arena *a, struct slice text, struct message_part **out, struct fault *f)
{
    struct parser p = {a, text, 0, f};
    struct message_part *parts = NULL;
    enum err e = parse_parts(&p, 0, false, &parts);
    if (e)
        return e;
    if (p.at != text.n)
        return refuse(&p);
    *out = parts;
    return OK;
}

/* ---- rendering ---- */

struct renderer {
    const struct lang *l;
    enum lang_form form;
    struct buf *out;
    const struct lang_arg *args;
    size_t n;
};

static const struct lang_arg *find_arg(const struct renderer *r, struct slice name)
{
    for (size_t i = 0; i < r->n; i++)
        if (slice_is(name, r->args[i].name))
            return &r->args[i];
    return NULL;
}

static void put_text(const struct renderer *r, struct slice s)
{
    if (r->form == LANG_PLAIN)
        buf_slice(r->out, s);
    else
        html_escape(r->out, s);
}

/* FSI ... PDI where the text's own direction may differ from the sentence's. */
static void put_isolated(const struct renderer *r, struct slice s)
{
    bool mixes = lang_locale(r->l)->rtl || lang_has_rtl(s);
    if (r->form == LANG_HTML) {
        buf_str(r->out, "<bdi>");
        html_escape(r->out, s);
        buf_str(r->out, "</bdi>");
    } else {
        buf_str(r->out, mixes ? FSI : "");
        put_text(r, s);
        buf_str(r->out, mixes ? PDI : "");
    }
}

static void put_id(const struct renderer *r, struct slice s)
{
    bool mixes = lang_locale(r->l)->rtl || lang_has_rtl(s);
    if (r->form == LANG_HTML) {
        buf_str(r->out, "<bdi dir=\"ltr\">");
        html_escape(r->out, s);
        buf_str(r->out, "</bdi>");
    } else {
        buf_str(r->out, mixes ? LRI : "");
        put_text(r, s);
        buf_str(r->out, mixes ? PDI : "");
    }
}

static const struct message_part *choose(const struct renderer *r, const struct message_part *part, const struct lang_arg *arg)
{
    char exact[24] = "=", category[8] = "other";
    const struct message_branch *other = NULL, *best = NULL; /* a branch may be empty, and is chosen all the same */
    struct slice key = arg && !arg->is_number ? arg->text : SLICE("other");
    if (part->kind == PART_PLURAL && arg && arg->is_number) {
        struct buf b;
        buf_init(&b, sizeof exact);
        buf_byte(&b, '=');
        buf_dec(&b, arg->number);
        memcpy(exact, b.p ? b.p : "=", b.p ? b.n + 1 : 2);
        buf_free(&b);
        locale_plural(lang_locale(r->l), arg->number, category);
        key = slice_str(category);
    }
    for (const struct message_branch *b = part->branches; b; b = b->next) {
        if (part->kind == PART_PLURAL && slice_is(b->key, exact))
            return b->parts;
        if (slice_eq(b->key, key))
            best = b;
        if (slice_is(b->key, "other"))
            other = b;
    }
    best = best ? best : other;
    return best ? best->parts : NULL;
}

static void render_parts(const struct renderer *r, const struct message_part *part, int64_t count)
{
    for (; part; part = part->next) {
        const struct lang_arg *arg = part->kind > PART_LITERAL && part->kind != PART_COUNT ? find_arg(r, part->text) : NULL;
        switch (part->kind) {
        case PART_LITERAL:
            put_text(r, part->text);
            break;
        case PART_COUNT:
            lang_number(r->l, r->out, count);
            break;
        case PART_PLURAL:
        case PART_SELECT:
            render_parts(r, choose(r, part, arg), arg ? arg->number : count);
            break;
        default:
            if (!arg)
                break;
            if (arg->is_number)
                lang_number(r->l, r->out, arg->number);
            else if (part->kind == PART_ID)
                put_id(r, arg->text);
            else if (part->kind == PART_DATE)
                (r->form == LANG_PLAIN ? lang_date : lang_date_html)(r->l, r->out, arg->text);
            else
                put_isolated(r, arg->text);
        }
    }
}

void message_render(const struct lang *l, enum lang_form form, struct buf *out, const struct message_part *parts,
    const struct lang_arg *args, size_t n)
{
    struct renderer r = {l, form, out, args, n};
    render_parts(&r, parts, 0);
}
