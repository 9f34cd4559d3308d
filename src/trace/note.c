/* Notes: made in an arena, worded through src/lang. */
#include "trace/note.h"
#include "trace/term_words.h"
#include "lang/lang.h"
#include "base/banned.h"

#define NOTE_TEXT_MAX 16384 /* one worded sentence */

struct note *note_new(struct note_maker *m, const char *key)
{
    struct note *n = arena_alloc(m->a, sizeof *n);
    if (!n) {
        m->failed = true;
        n = &m->scratch;
        n->n = 0;
    }
    n->key = key;
    return n;
}

static struct note_arg *next_arg(struct note *n, const char *name, enum note_kind kind)
{
    struct note_arg *a = &n->arg[n->n < NOTE_ARGS ? n->n++ : NOTE_ARGS - 1];
    *a = (struct note_arg){.name = name, .kind = kind};
    return a;
}

void note_s(struct note *n, const char *name, struct slice text)
{
    next_arg(n, name, NOTE_TEXT)->text = text;
}

void note_n(struct note *n, const char *name, int64_t number)
{
    next_arg(n, name, NOTE_NUMBER)->number = number;
}

void note_country(struct note *n, const char *name, unsigned number)
{
    struct note_arg *a = next_arg(n, name, NOTE_COUNTRY);
    a->number = number;
    a->text = slice_str(term_label(TERM_COUNTRY, number));
}

void note_note(struct note *n, const char *name, const struct note *inner)
{
    next_arg(n, name, NOTE_NOTE)->note = inner;
}

static void say_raw(const struct note *n, struct buf *out)
{
    buf_str(out, n->key);
    for (size_t i = 0; i < n->n; i++) {
        const struct note_arg *a = &n->arg[i];
        buf_printf(out, "%s%s=", i ? ", " : " (", a->name);
        if (a->kind == NOTE_NUMBER)
            buf_dec(out, a->number);
        else if (a->kind == NOTE_NOTE)
            note_say(NULL, a->note, out);
        else
            buf_slice(out, a->text);
    }
    if (n->n)
        buf_byte(out, ')');
}

/* Inner notes and countries are worded first, each into its own part of `inner`. */
static void say_worded(const struct lang *l, const struct note *n, struct buf *out)
{
    struct lang_arg arg[NOTE_ARGS];
    size_t from[NOTE_ARGS], to[NOTE_ARGS];
    struct buf inner;
    buf_init(&inner, NOTE_TEXT_MAX);
    for (size_t i = 0; i < n->n; i++) {
        from[i] = inner.n;
        if (n->arg[i].kind == NOTE_NOTE)
            note_say(l, n->arg[i].note, &inner);
        if (n->arg[i].kind == NOTE_COUNTRY)
            term_words(l, TERM_COUNTRY, (unsigned)n->arg[i].number, &inner);
        to[i] = inner.n;
    }
    for (size_t i = 0; i < n->n; i++) {
        const struct note_arg *a = &n->arg[i];
        if (a->kind == NOTE_NUMBER)
            arg[i] = lang_n(a->name, a->number);
        else
            arg[i] = lang_s(a->name, a->kind == NOTE_TEXT ? a->text : slice_of(inner.p ? inner.p + from[i] : "", to[i] - from[i]));
    }
    lang_put(l, LANG_PLAIN, out, n->key, arg, n->n);
    if (inner.err && !out->err)
        out->err = inner.err;
    buf_free(&inner);
}

void note_say(const struct lang *l, const struct note *n, struct buf *out)
{
    if (l)
        say_worded(l, n, out);
    else
        say_raw(n, out);
}

static void args_json(const struct lang *l, const struct note *n, struct cj *out)
{
    cj_key(out, "args");
    cj_obj(out);
    for (size_t i = 0; i < n->n; i++) {
        const struct note_arg *a = &n->arg[i];
        cj_key(out, a->name);
        if (a->kind == NOTE_NUMBER) {
            cj_int(out, a->number);
        } else if (a->kind != NOTE_NOTE) {
            cj_str(out, a->text);
        } else {
            cj_obj(out);
            note_json(l, a->note, out);
            cj_obj_end(out);
        }
    }
    cj_obj_end(out);
}

void note_json(const struct lang *l, const struct note *n, struct cj *out)
{
    cj_kstr(out, "key", slice_str(n->key));
    if (n->n)
        args_json(l, n, out);
    if (!l)
        return;
    struct buf text;
    buf_init(&text, NOTE_TEXT_MAX);
    note_say(l, n, &text);
    if (text.err && !out->out->err)
        out->out->err = text.err;
    cj_kstr(out, "text", buf_view(&text));
    buf_free(&text);
}
