/* From source text to program (web/template_in.h). One pass: text runs and tags alternate; a tag that stands alone on its line takes the line with it
 * (Mustache specification, "standalone"). Partials become units of their own, compiled from a queue, so that a partial may call itself. */
#include "web/template_in.h"
#include "base/banned.h"

#define OPS_MAX 20000
#define DELIMITER_MAX 8

struct compiler {
    struct template *t;
    template_source source;
    void *arg;
    struct fault *f;
    struct unit *unit;
    struct slice text;              /* source of the unit */
    size_t at;                      /* reading position */
    struct slice open, close;       /* delimiters */
    size_t depth, stack[TEMPLATE_DEPTH]; /* sections that are open: op index */
    bool in_tag, in_text; /* of the markup read so far: between < and >; within an element that holds text alone */
};

struct tag {
    char sigil;        /* 0 for a plain name */
    struct slice name; /* trimmed */
    size_t from, to;   /* whole tag, delimiters included */
};

static enum err refuse(struct compiler *c, size_t at, enum err code, const char *want)
{
    char name[64];
    size_t n = c->unit->name.n < sizeof name - 1 ? c->unit->name.n : sizeof name - 1;
    memcpy(name, c->unit->name.p, n);
    name[n] = 0;
    size_t end = at;
    int64_t line = 1;
    for (size_t i = 0; i < at && i < c->text.n; i++)
        line += c->text.p[i] == '\n';
    while (end < c->text.n && c->text.p[end] != '\n')
        end++;
    fault_set(c->f, code, name, slice_of(c->text.p + at, end - at), want);
    if (c->f)
        c->f->line = line;
    return code;
}

static struct op *emit(struct compiler *c, enum op_code code)
{
    struct unit *u = c->unit;
    if (!mem_grow(&u->op, &u->cap, u->count + 1, OPS_MAX, sizeof *u->op))
        return NULL;
    struct op *op = &u->op[u->count++];
    *op = (struct op){.code = code};
    return op;
}

/* Elements that hold text and no elements (HTML 13.1.2, and title of SVG as we write it). */
static bool begins_text_element(struct slice s)
{
    static const char *const names[] = {"title", "option", "textarea"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_starts(s, names[i]))
            return true;
    return false;
}

static void follow_markup(struct compiler *c, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (c->text.p[i] == '>')
            c->in_tag = false;
        if (c->text.p[i] != '<')
            continue;
        c->in_tag = true;
        c->in_text = begins_text_element(slice_of(c->text.p + i + 1, c->text.n - i - 1));
    }
}

static enum lang_form form_here(const struct compiler *c)
{
    return c->in_tag || c->in_text ? LANG_VALUE : LANG_HTML;
}

static enum err emit_text(struct compiler *c, size_t from, size_t to)
{
    follow_markup(c, from, to);
    if (from >= to)
        return OK;
    struct op *op = emit(c, OP_TEXT);
    if (!op)
        return refuse(c, from, ERR_MEMORY, "");
    op->text = slice_of(c->text.p + from, to - from);
    return OK;
}

/* ---- tags ---- */

static ptrdiff_t find(struct slice s, size_t from, struct slice what)
{
    const char *p = from < s.n ? memmem(s.p + from, s.n - from, what.p, what.n) : NULL;
    return p ? p - s.p : -1;
}

static enum err next_tag(struct compiler *c, struct tag *out, bool *found)
{
    ptrdiff_t from = find(c->text, c->at, c->open);
    *found = from >= 0;
    if (!*found)
        return OK;
    size_t inside = (size_t)from + c->open.n;
    char sigil = inside < c->text.n ? c->text.p[inside] : 0;
    if (!sigil || !strchr("#^/!>&{=", sigil))
        sigil = 0;
    inside += sigil != 0;
    char closing[DELIMITER_MAX + 2] = {sigil == '{' ? '}' : '='};
    size_t extra = sigil == '{' || sigil == '=';
    memcpy(closing + extra, c->close.p, c->close.n);
    ptrdiff_t to = find(c->text, inside, slice_of(closing, c->close.n + extra));
    if (to < 0)
        return refuse(c, (size_t)from, ERR_FORMAT, "want.template_close");
    *out = (struct tag){sigil, slice_trim(slice_of(c->text.p + inside, (size_t)to - inside)), (size_t)from, (size_t)to + c->close.n + extra};
    return OK;
}

/* When the tag stands alone: *line_from is where its line's white space begins, *line_to after its line end. */
static bool stands_alone(const struct compiler *c, const struct tag *tag, size_t *line_from, size_t *line_to)
{
    size_t from = tag->from, to = tag->to;
    while (from > 0 && (c->text.p[from - 1] == ' ' || c->text.p[from - 1] == '\t'))
        from--;
    if (from > 0 && c->text.p[from - 1] != '\n')
        return false;
    while (to < c->text.n && (c->text.p[to] == ' ' || c->text.p[to] == '\t'))
        to++;
    if (to + 1 < c->text.n && c->text.p[to] == '\r' && c->text.p[to + 1] == '\n')
        to++;
    if (to < c->text.n && c->text.p[to] != '\n')
        return false;
    *line_from = from;
    *line_to = to < c->text.n ? to + 1 : to;
    return true;
}

static enum err set_delimiters(struct compiler *c, const struct tag *tag)
{
    size_t a = 0, b = tag->name.n;
    while (a < tag->name.n && tag->name.p[a] != ' ')
        a++;
    while (b > a && tag->name.p[b - 1] != ' ')
        b--;
    c->open = slice_of(tag->name.p, a);
    c->close = slice_of(tag->name.p + b, tag->name.n - b);
    bool ok = a && b < tag->name.n && b > a && c->open.n <= DELIMITER_MAX && c->close.n <= DELIMITER_MAX;
    return ok ? OK : refuse(c, tag->from, ERR_FORMAT, "want.template_delimiters");
}

/* ---- names ---- */

static enum err read_path(struct compiler *c, const struct tag *tag, struct slice name, struct path *out)
{
    *out = (struct path){0};
    if (slice_is(name, "."))
        return OK;
    if (c->t->lang && name.n && name.p[0] == '.') {
        out->here = true;
        name = slice_of(name.p + 1, name.n - 1);
    }
    if (c->t->lang && name.n && name.p[name.n - 1] == '?') {
        out->once = true;
        name.n--;
    }
    while (name.n) {
        const char *dot = memchr(name.p, '.', name.n);
        size_t n = dot ? (size_t)(dot - name.p) : name.n;
        if (!n || out->count == PATH_KEYS || (dot && n + 1 == name.n))
            return refuse(c, tag->from, ERR_FORMAT, "want.template_name");
        out->key[out->count] = slice_of(name.p, n);
        out->mark[out->count] = node_mark(out->key[out->count]);
        out->count++;
        n += dot != NULL;
        name = slice_of(name.p + n, name.n - n);
    }
    return out->count ? OK : refuse(c, tag->from, ERR_FORMAT, "want.template_name");
}

static enum err emit_path(struct compiler *c, const struct tag *tag, enum op_code code, struct slice name)
{
    struct path *path = arena_alloc(&c->t->arena, sizeof *path);
    struct op *op = path ? emit(c, code) : NULL;
    if (!op)
        return refuse(c, tag->from, ERR_MEMORY, "");
    op->path = path;
    return read_path(c, tag, name, path);
}

/* ---- texts: {{t.key}} and {{t.key name=path ...}} ---- */

static struct slice take_word(struct slice *rest)
{
    *rest = slice_trim(*rest);
    size_t n = 0;
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\n')
        n++;
    struct slice word = slice_of(rest->p, n);
    *rest = slice_of(rest->p + n, rest->n - n);
    return word;
}

static enum err read_argument(struct compiler *c, const struct tag *tag, struct slice word, struct message_use *m)
{
    const char *equals = memchr(word.p, '=', word.n);
    if (!equals || equals == word.p || m->count == TEMPLATE_ARGS)
        return refuse(c, tag->from, ERR_FORMAT, "want.template_argument");
    size_t n = (size_t)(equals - word.p);
    m->name[m->count] = arena_copy(&c->t->arena, slice_of(word.p, n)).p;
    if (!m->name[m->count])
        return refuse(c, tag->from, ERR_MEMORY, "");
    return read_path(c, tag, slice_of(equals + 1, word.n - n - 1), &m->path[m->count++]);
}

static enum err emit_fixed_text(struct compiler *c, const struct tag *tag, const char *key)
{
    struct buf b;
    buf_init(&b, 1u << 16);
    lang_put(c->t->lang, form_here(c), &b, key, NULL, 0);
    struct slice text = arena_copy(&c->t->arena, buf_view(&b));
    buf_free(&b);
    struct op *op = text.p ? emit(c, OP_TEXT) : NULL;
    if (!op)
        return refuse(c, tag->from, ERR_MEMORY, "");
    op->text = text;
    return OK;
}

static enum err emit_message(struct compiler *c, const struct tag *tag)
{
    struct slice rest = tag->name, first = take_word(&rest);
    const char *key = arena_copy(&c->t->arena, slice_of(first.p + 2, first.n - 2)).p;
    struct message_use *m = arena_alloc(&c->t->arena, sizeof *m);
    enum err e = OK;
    if (!key || !m)
        return refuse(c, tag->from, ERR_MEMORY, "");
    if (!lang_has(c->t->lang, key))
        return refuse(c, tag->from, ERR_NOT_FOUND, "want.message_key");
    if (!slice_trim(rest).n)
        return emit_fixed_text(c, tag, key);
    m->key = key;
    m->form = form_here(c);
    for (struct slice word = take_word(&rest); !e && word.n; word = take_word(&rest))
        e = read_argument(c, tag, word, m);
    struct op *op = e ? NULL : emit(c, OP_MESSAGE);
    if (!op)
        return e ? e : refuse(c, tag->from, ERR_MEMORY, "");
    op->message = m;
    return OK;
}

static const struct {
    const char *word;
    enum op_code code;
} helpers[] = {{"id ", OP_ID}, {"say ", OP_SAY}, {"date ", OP_DATE}, {"number ", OP_NUMBER}, {"url ", OP_URL}};

static enum err emit_name(struct compiler *c, const struct tag *tag)
{
    if (c->t->lang && slice_starts(tag->name, "t."))
        return emit_message(c, tag);
    for (size_t i = 0; c->t->lang && i < sizeof helpers / sizeof *helpers; i++) {
        size_t n = strlen(helpers[i].word);
        if (slice_starts(tag->name, helpers[i].word))
            return emit_path(c, tag, helpers[i].code, slice_trim(slice_of(tag->name.p + n, tag->name.n - n)));
    }
    return emit_path(c, tag, OP_VALUE, tag->name);
}

/* ---- sections and partials ---- */

static enum err open_section(struct compiler *c, const struct tag *tag)
{
    if (c->depth == TEMPLATE_DEPTH)
        return refuse(c, tag->from, ERR_RANGE, "want.template_depth");
    c->stack[c->depth++] = c->unit->count;
    enum err e = emit_path(c, tag, tag->sigil == '#' ? OP_SECTION : OP_INVERTED, tag->name);
    if (!e)
        c->unit->op[c->unit->count - 1].text = tag->name; /* compared when closed */
    return e;
}

static enum err close_section(struct compiler *c, const struct tag *tag)
{
    struct op *op = c->depth ? &c->unit->op[c->stack[c->depth - 1]] : NULL;
    if (!op || !slice_eq(op->text, tag->name))
        return refuse(c, tag->from, ERR_FORMAT, "want.template_section");
    op->end = (uint32_t)c->unit->count;
    c->depth--;
    return OK;
}

static enum err call_partial(struct compiler *c, const struct tag *tag, struct slice indent)
{
    struct template *t = c->t;
    struct op *op = emit(c, OP_CALL);
    if (!op)
        return refuse(c, tag->from, ERR_MEMORY, "");
    size_t i = 0;
    while (i < t->units && !(slice_eq(t->unit[i].name, tag->name) && slice_eq(t->unit[i].indent, indent)))
        i++;
    if (i == TEMPLATE_UNITS)
        return refuse(c, tag->from, ERR_TOO_LONG, "want.template_partials");
    op->end = (uint32_t)i;
    if (i == t->units)
        t->unit[t->units++] = (struct unit){.name = tag->name, .indent = indent};
    return OK;
}

static enum err compile_tag(struct compiler *c, const struct tag *tag, struct slice indent)
{
    switch (tag->sigil) {
    case '#':
    case '^':
        return open_section(c, tag);
    case '/':
        return close_section(c, tag);
    case '!':
        return OK;
    case '>':
        return call_partial(c, tag, indent);
    case '=':
        return set_delimiters(c, tag);
    case '&':
    case '{':
        return emit_path(c, tag, OP_RAW, tag->name);
    default:
        return emit_name(c, tag);
    }
}

/* ---- units ---- */

/* The source with `indent` before each of its lines. */
static struct slice indented(struct arena *a, struct slice text, struct slice indent)
{
    size_t lines = 1;
    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    char *out = arena_alloc(a, text.n + lines * indent.n + 1);
    size_t n = 0;
    bool start = true;
    for (size_t i = 0; out && i < text.n; i++) {
        if (start) {
            memcpy(out + n, indent.p, indent.n);
            n += indent.n;
        }
        out[n++] = text.p[i];
        start = text.p[i] == '\n';
    }
    return slice_of(out, n);
}

static enum err compile_unit(struct compiler *c)
{
    enum err e = OK;
    for (c->at = 0; !e;) {
        struct tag tag;
        bool found;
        e = next_tag(c, &tag, &found);
        if (e || !found)
            break;
        size_t from = tag.from, to = tag.to;
        struct slice indent = {"", 0};
        if (tag.sigil && tag.sigil != '&' && tag.sigil != '{' && stands_alone(c, &tag, &from, &to))
            indent = slice_of(c->text.p + from, tag.from - from);
        if (tag.sigil == '>') /* white space before a partial that stands alone becomes its indentation */
            from = tag.from - indent.n;
        e = emit_text(c, c->at, from);
        if (!e)
            e = compile_tag(c, &tag, indent);
        c->at = to;
    }
    if (!e && c->depth)
        return refuse(c, c->text.n, ERR_FORMAT, "want.template_section");
    return e ? e : emit_text(c, c->at, c->text.n);
}

static enum err compile_named(struct compiler *c, size_t i)
{
    c->unit = &c->t->unit[i];
    c->text = c->source(c->arg, c->unit->name);
    c->open = SLICE("{{");
    c->close = SLICE("}}");
    c->depth = 0;
    c->in_tag = c->in_text = false;
    if (!c->text.p)
        return i ? OK : fault_set(c->f, ERR_NOT_FOUND, "template", c->unit->name, "");
    if (c->unit->indent.n)
        c->text = indented(&c->t->arena, c->text, c->unit->indent);
    return c->text.p ? compile_unit(c) : refuse(c, 0, ERR_MEMORY, "");
}

enum err template_compile(const char *name, template_source source, void *arg, const struct lang *lang, struct template **out, struct fault *f)
{
    struct template *t = mem_alloc(1, sizeof *t);
    if (!t)
        return fault_set(f, ERR_MEMORY, "template", slice_str(name), "");
    arena_init(&t->arena, 16u << 20);
    t->lang = lang;
    t->unit[0] = (struct unit){.name = arena_copy(&t->arena, slice_str(name)), .indent = {"", 0}};
    t->units = 1;
    struct compiler c = {.t = t, .source = source, .arg = arg, .f = f};
    enum err e = t->unit[0].name.p ? OK : fault_set(f, ERR_MEMORY, "template", slice_str(name), "");
    for (size_t i = 0; !e && i < t->units; i++)
        e = compile_named(&c, i);
    for (size_t i = 0; !e && i < t->units; i++)
        for (size_t k = 0; k < t->unit[i].count; k++)
            t->weight += t->unit[i].op[k].text.n;
    if (e)
        template_free(t);
    else
        *out = t;
    return e;
}

void template_free(struct template *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->units; i++)
        mem_free(t->unit[i].op);
    arena_free(&t->arena);
    mem_free(t);
}
