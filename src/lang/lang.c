/* The set of languages: read once from the compiled-in message files, then never written.
 * 1. A key stands once in a language; the table is at most half full, so a search ends.
 * 2. English holds every key; another language may lack any. */
#include "lang/lang.h"
#include "lang/lang_in.h"
#include "lang/message.h"
#include "base/embed.h"
#include "base/banned.h"

#define LANG_MAX 16
#define LANG_KEYS 8192 /* slots; twice the keys a language may have */
#define LANG_MEMORY (8u << 20)

struct entry {
    struct slice key;
    struct message_part *parts;
};
struct lang {
    char tag[16];
    struct locale locale;
    bool open;
    const struct lang *fallback; /* English, NULL in English itself */
    size_t keys;
    struct entry *slots; /* LANG_KEYS */
};
struct lang_set {
    struct arena arena;
    size_t count;
    struct lang lang[LANG_MAX];
};

/* ---- table ---- */

static struct entry *slot_of(const struct lang *l, struct slice key)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < key.n; i++)
        h = (h ^ (uint8_t)key.p[i]) * 16777619u;
    size_t i = h & (LANG_KEYS - 1);
    while (l->slots[i].key.n && !slice_eq(l->slots[i].key, key))
        i = (i + 1) & (LANG_KEYS - 1);
    return &l->slots[i];
}

/* *speaks: the language that has it. */
static const struct entry *look_up(const struct lang *l, const char *key, const struct lang **speaks)
{
    for (; l; l = l->fallback) {
        const struct entry *e = slot_of(l, slice_str(key));
        *speaks = l;
        if (e->key.n)
            return e;
    }
    return NULL;
}

/* ---- loading ---- */

static enum err at_line(struct fault *f, enum err code, const char *file, int64_t line, struct slice value, const char *want)
{
    fault_set(f, code, file, value, want);
    if (f)
        f->line = line;
    return code;
}

static enum err add_line(struct lang_set *set, struct lang *l, const char *file, int64_t number, struct slice line, struct fault *f)
{
    line = slice_trim(line);
    if (!line.n || line.p[0] == '#')
        return OK;
    const char *colon = memchr(line.p, ':', line.n);
    if (!colon || colon == line.p)
        return at_line(f, ERR_FORMAT, file, number, line, "want.message_line");
    struct slice key = slice_of(line.p, (size_t)(colon - line.p));
    struct slice text = slice_trim(slice_of(colon + 1, line.n - key.n - 1));
    struct entry *e = slot_of(l, key);
    if (e->key.n) /* the first file wins; tools/check_messages.py refuses a second */
        return OK;
    if (l->keys >= LANG_KEYS / 2)
        return at_line(f, ERR_TOO_LONG, file, number, key, "");
    enum err code = message_compile(&set->arena, text, &e->parts, f);
    if (code)
        return at_line(f, code, file, number, line, "want.message");
    e->key = key;
    l->keys++;
    return OK;
}

static enum err add_file(struct lang_set *set, struct lang *l, const struct embed *file, struct fault *f)
{
    struct slice rest = slice_of((const char *)file->data, file->n);
    if (slice_utf8_fault(rest) >= 0)
        return at_line(f, ERR_ENCODING, file->name, 0, SLICE(""), "want.utf8");
    for (int64_t number = 1; rest.n; number++) {
        const char *end = memchr(rest.p, '\n', rest.n);
        size_t n = end ? (size_t)(end - rest.p) : rest.n;
        enum err e = add_line(set, l, file->name, number, slice_of(rest.p, n), f);
        if (e)
            return e;
        n += end ? 1 : 0;
        rest = slice_of(rest.p + n, rest.n - n);
    }
    return OK;
}

/* "data/lang/fr.msg" and "data/lang/fr.d/x.msg" are of language fr; {NULL,0} for other files. */
static struct slice tag_of_file(const char *name)
{
    struct slice s = slice_str(name), tail = SLICE(".msg");
    if (!slice_starts(s, "data/lang/") || s.n <= 10 + tail.n || memcmp(s.p + s.n - tail.n, tail.p, tail.n) != 0)
        return slice_of(NULL, 0);
    const char *dot = memchr(s.p + 10, '.', s.n - 10);
    return slice_of(s.p + 10, (size_t)(dot - s.p - 10));
}

static struct lang *lang_of_tag(struct lang_set *set, struct slice tag)
{
    for (size_t i = 0; i < set->count; i++)
        if (slice_is(tag, set->lang[i].tag))
            return &set->lang[i];
    if (set->count == LANG_MAX || !tag.n || tag.n >= sizeof set->lang[0].tag)
        return NULL;
    struct lang *l = &set->lang[set->count];
    l->slots = arena_array(&set->arena, LANG_KEYS, sizeof *l->slots);
    if (!l->slots)
        return NULL;
    memcpy(l->tag, tag.p, tag.n);
    set->count++;
    return l;
}

static enum err add_files(struct lang_set *set, const struct embed *files, struct fault *f)
{
    enum err e = OK;
    for (const struct embed *file = files; !e && file->name; file++) {
        struct slice tag = tag_of_file(file->name);
        if (!tag.n)
            continue;
        struct lang *l = lang_of_tag(set, tag);
        e = l ? add_file(set, l, file, f) : fault_set(f, ERR_MEMORY, file->name, tag, "");
    }
    return e;
}

static enum err open_locale(struct lang_set *set, struct lang *l, struct fault *f)
{
    const struct entry *e = slot_of(l, SLICE("lang.locale"));
    const char *id = l->tag;
    if (e->parts && e->parts->kind == PART_LITERAL)
        id = arena_copy(&set->arena, e->parts->text).p;
    if (!id)
        return fault_set(f, ERR_MEMORY, "lang.locale", SLICE(""), "");
    enum err code = locale_open(&l->locale, id, f);
    l->open = code == OK;
    return code;
}

enum err lang_load_files(const struct embed *files, struct lang_set **out, struct fault *f)
{
    struct lang_set *set = mem_alloc(1, sizeof *set);
    if (!set)
        return fault_set(f, ERR_MEMORY, "lang", SLICE(""), "");
    arena_init(&set->arena, LANG_MEMORY);
    enum err e = add_files(set, files, f);
    const struct lang *english = e ? NULL : lang_find(set, SLICE("en"));
    if (!e && !english)
        e = fault_set(f, ERR_NOT_FOUND, "data/lang/en.msg", SLICE(""), "");
    for (size_t i = 0; !e && i < set->count; i++) {
        set->lang[i].fallback = &set->lang[i] == english ? NULL : english;
        e = open_locale(set, &set->lang[i], f);
    }
    if (e) {
        lang_unload(set);
        return e;
    }
    *out = set;
    return OK;
}

enum err lang_load(struct lang_set **out, struct fault *f)
{
    return lang_load_files(embed_files, out, f);
}

void lang_unload(struct lang_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++)
        if (set->lang[i].open)
            locale_close(&set->lang[i].locale);
    arena_free(&set->arena);
    mem_free(set);
}

/* ---- which language ---- */

const struct lang *lang_find(const struct lang_set *set, struct slice tag)
{
    for (size_t i = 0; i < tag.n; i++)
        if (tag.p[i] == '-' || tag.p[i] == '_')
            tag.n = i;
    for (size_t i = 0; i < set->count; i++)
        if (slice_is(tag, set->lang[i].tag))
            return &set->lang[i];
    return NULL;
}

const struct lang *lang_accept(const struct lang_set *set, struct slice header)
{
    while (header.n) {
        const char *comma = memchr(header.p, ',', header.n);
        size_t n = comma ? (size_t)(comma - header.p) : header.n;
        struct slice one = slice_of(header.p, n);
        const char *weight = memchr(one.p, ';', one.n);
        if (weight)
            one.n = (size_t)(weight - one.p);
        const struct lang *l = lang_find(set, slice_trim(one));
        if (l)
            return l;
        n += comma ? 1 : 0;
        header = slice_of(header.p + n, header.n - n);
    }
    return lang_find(set, SLICE("en"));
}

size_t lang_count(const struct lang_set *set)
{
    return set->count;
}

const struct lang *lang_at(const struct lang_set *set, size_t i)
{
    return &set->lang[i];
}

const char *lang_tag(const struct lang *l)
{
    return l->tag;
}

const char *lang_dir(const struct lang *l)
{
    return l->locale.rtl ? "rtl" : "ltr";
}

const struct locale *lang_locale(const struct lang *l)
{
    return &l->locale;
}

/* ---- texts ---- */

bool lang_has(const struct lang *l, const char *key)
{
    return look_up(l, key, &l) != NULL;
}

/* A text that fell in says which language it is, so that it is read, spoken and ordered as such. */
static void put_foreign(const struct lang *speaks, enum lang_form form, struct buf *out, const struct entry *e, const struct lang_arg *args, size_t n)
{
    if (form == LANG_HTML)
        buf_printf(out, "<span lang=\"%s\" dir=\"%s\">", speaks->tag, lang_dir(speaks));
    else
        buf_str(out, speaks->locale.rtl ? RLI : LRI);
    message_render(speaks, form, out, e->parts, args, n);
    buf_str(out, form == LANG_HTML ? "</span>" : PDI);
}

void lang_put(const struct lang *l, enum lang_form form, struct buf *out, const char *key, const struct lang_arg *args, size_t n)
{
    const struct lang *speaks = l;
    const struct entry *e = look_up(l, key, &speaks);
    if (!e)
        buf_str(out, key);
    else if (speaks != l && (form == LANG_HTML || speaks->locale.rtl != l->locale.rtl))
        put_foreign(speaks, form, out, e, args, n);
    else
        message_render(speaks, form, out, e->parts, args, n);
}

/* The field as people know it ("field.as_of: As it stood on"), else its name. */
static void put_field(const struct lang *l, struct buf *out, const char *name)
{
    struct buf key;
    buf_init(&key, 128);
    buf_printf(&key, "field.%s", name);
    if (!key.err && lang_has(l, key.p))
        lang_plain(l, out, key.p);
    else
        buf_str(out, name);
    buf_free(&key);
}

void lang_fault_what(const struct lang *l, const struct fault *f, struct buf *out)
{
    struct buf field;
    buf_init(&field, 256);
    put_field(l, &field, f->field);
    lang_text(l, out, err_key(f->code), lang_s("field", buf_view(&field)), lang_z("value", f->value),
        lang_z("given", f->value[0] ? "yes" : "no"));
    buf_free(&field);
}

void lang_fault_want(const struct lang *l, const struct fault *f, struct buf *out)
{
    if (lang_has(l, f->want))
        lang_plain(l, out, f->want);
    else
        buf_str(out, f->want);
}

void lang_fault(const struct lang *l, const struct fault *f, struct buf *out)
{
    struct buf what, want, lined;
    if (strncmp(f->want, "say.", 4) == 0 && lang_has(l, f->want)) { /* a whole sentence of its own */
        lang_text(l, out, f->want, lang_z("value", f->value));
        return;
    }
    buf_init(&what, 2048);
    buf_init(&want, 1024);
    buf_init(&lined, 4096);
    lang_fault_what(l, f, &what);
    lang_fault_want(l, f, &want);
    if (f->line > 0)
        lang_text(l, &lined, "err.at_line", lang_n("line", f->line), lang_s("what", buf_view(&what)));
    struct slice sentence = buf_view(f->line > 0 ? &lined : &what);
    lang_text(l, out, want.n ? "err.sentence_want" : "err.sentence", lang_s("what", sentence), lang_s("want", buf_view(&want)));
    buf_free(&what);
    buf_free(&want);
    buf_free(&lined);
}
