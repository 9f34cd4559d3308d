#include "use/words.h"
#include "trace/term_words.h"
#include <stdio.h>
#include "base/banned.h"

#define ROOM 512 /* most texts are shorter and need no memory */

void words_text(struct cj *j, const struct lang *l, const char *name, const char *key, const struct lang_arg *args, size_t n)
{
    char room[ROOM];
    struct buf b;
    buf_on(&b, room, sizeof room, 1u << 16);
    lang_put(l, LANG_PLAIN, &b, key, args, n);
    cj_kstr(j, name, buf_view(&b));
    buf_free(&b);
}

static void put_text(struct cj *j, const struct lang *l, const char *key, const struct lang_arg *args, size_t n)
{
    words_text(j, l, "text", key, args, n);
}

void words_label(struct cj *j, const struct lang *l, const char *member, const char *prefix, struct slice code)
{
    char key[96];
    snprintf(key, sizeof key, "%s" SLICE_FMT, prefix, SLICE_ARG(code));
    if (code.n && lang_has(l, key))
        words_text(j, l, member, key, NULL, 0);
}

void words_note(struct cj *j, const struct lang *l, const char *name, const char *key, const struct lang_arg *args, size_t n)
{
    if (name)
        cj_key(j, name);
    cj_obj(j);
    cj_kstr(j, "key", slice_str(key));
    put_text(j, l, key, args, n);
    cj_obj_end(j);
}

void words_note_tone(struct cj *j, const struct lang *l, const char *name, const char *key, const char *tone)
{
    cj_key(j, name);
    cj_obj(j);
    cj_kstr(j, "key", slice_str(key));
    put_text(j, l, key, NULL, 0);
    cj_kstr(j, "tone", slice_str(tone));
    cj_obj_end(j);
}

void words_term(struct cj *j, const struct lang *l, enum term_list list, const char *name, const struct term_text *t)
{
    static const char tail[] = "_label";
    char label[40], room[ROOM];
    size_t n = strnlen(name, sizeof label - sizeof tail);
    memcpy(label, name, n);
    memcpy(label + n, tail, sizeof tail);
    switch (t->answer) {
    case TERM_NOT_ASKED:
        break;
    case TERM_UNKNOWN:
        words_text(j, l, label, "term.unknown", NULL, 0);
        break;
    case TERM_NONE:
        words_text(j, l, label, "term.none", NULL, 0);
        break;
    case TERM_UNLISTED:
        cj_kstr(j, label, t->text);
        break;
    case TERM_LISTED: {
        struct term known = term_by_number(list, t->number);
        cj_kstr(j, name, t->code.n ? t->code : slice_str(known.code));
        struct buf shown;
        buf_on(&shown, room, sizeof room, 1024);
        term_words(l, list, t->number, &shown);
        cj_kstr(j, label, buf_view(&shown));
        buf_free(&shown);
        break;
    }
    }
}

void words_type(struct cj *j, const struct lang *l, struct slice text)
{
    struct term t = term_read(TERM_TYPE, text, 0);
    struct buf shown;
    buf_init(&shown, 1024);
    if (t.answer == TERM_LISTED)
        term_words(l, TERM_TYPE, t.number, &shown);
    cj_kstr_opt(j, "type_label", shown.n ? buf_view(&shown) : text);
    buf_free(&shown);
}

void words_item(struct cj *j, const struct lang *l, const struct item_description *d)
{
    words_term(j, l, TERM_MAKE, "make", &d->make);
    cj_kstr_opt(j, "model", d->model);
    words_term(j, l, TERM_CALIBRE, "calibre", &d->calibre);
    words_term(j, l, TERM_TYPE, "type", &d->type);
    words_term(j, l, TERM_COUNTRY, "country", &d->country);
    if (d->year)
        cj_kint(j, "year", d->year);
}

const char *status_tone(enum item_status s)
{
    switch (s) {
    case STATUS_LICIT:
        return "lawful";
    case STATUS_LOST:
    case STATUS_STOLEN:
        return "act";
    case STATUS_RECOVERED:
    case STATUS_SEIZED:
    case STATUS_FOUND:
    case STATUS_SURRENDERED:
    case STATUS_HANDED_IN:
        return "state";
    case STATUS_EXPORTED:
    case STATUS_DEACTIVATED:
    case STATUS_DESTROYED:
        return "past";
    default:
        return "unknown";
    }
}

/* Red alone would not say why a person must act. */
static void put_status_text(struct cj *j, const struct lang *l, const char *key, bool contradiction)
{
    struct buf b;
    if (!contradiction) {
        put_text(j, l, key, NULL, 0);
        return;
    }
    buf_init(&b, 1024);
    lang_plain(l, &b, key);
    const struct lang_arg args[] = {lang_s("status", buf_view(&b))};
    put_text(j, l, "status.contradicted", args, 1);
    buf_free(&b);
}

void words_status(struct cj *j, const struct lang *l, enum item_status s, bool contradiction)
{
    char key[40];
    term_key(key, sizeof key, "status.", item_status_code(s));
    cj_key(j, "status");
    cj_obj(j);
    cj_kstr(j, "code", slice_str(item_status_code(s)));
    cj_kstr(j, "key", slice_str(key));
    put_status_text(j, l, key, contradiction);
    cj_kstr(j, "tone", slice_str(contradiction ? "act" : status_tone(s)));
    cj_obj_end(j);
}
