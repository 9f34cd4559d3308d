/* Search: input read, the engine asked, candidates opened for the page. */
#include "use/search.h"
#include "use/words.h"
#include <stdio.h>
#include "base/banned.h"

#define LIMIT_DEFAULT 50
#define CANDIDATE_MEMORY ((size_t)1 << 20)

/* ---- input ---- */

static uint16_t number_of(enum term_list list, struct slice text, unsigned hint)
{
    return slice_trim(text).n ? term_read(list, slice_trim(text), hint).number : 0;
}

static enum err read_number(struct slice text, uint64_t low, uint64_t high, const char *field, const char *want, uint64_t *out,
    struct fault *f)
{
    uint64_t v;
    char digits[64];
    text = slice_trim(text);
    if (!text.n)
        return OK;
    if (text.n > sizeof digits || !slice_u64(slice_digits(text, digits), UINT32_MAX, &v))
        return fault_set(f, ERR_FORMAT, field, text, want);
    if (v < low || v > high)
        return fault_set(f, ERR_RANGE, field, text, want);
    *out = v;
    return OK;
}

struct mark_attr search_known(const struct use_search_in *in, struct fault *f, enum err *err)
{
    struct mark_attr a = {0};
    uint64_t year = 0;
    *err = read_number(in->year, 1500, 2199, "year", "want.year", &year, f);
    a.year = (uint16_t)year;
    a.type = (uint8_t)number_of(TERM_TYPE, in->type, 0);
    a.calibre = number_of(TERM_CALIBRE, in->calibre, a.type);
    a.make = number_of(TERM_MAKE, in->make, 0);
    a.country = (uint8_t)number_of(TERM_COUNTRY, in->country, 0);
    a.model = term_model_hash(slice_trim(in->model));
    return a;
}

enum err search_read(struct app *app, const struct use_search_in *in, struct desk *d, struct search_query *out, struct fault *f)
{
    uint64_t limit = LIMIT_DEFAULT, errors = 2;
    *out = (struct search_query){.registered = store_profile(d->store)->registered, .reasons = true};
    enum err e = pattern_parse(slice_trim(in->pattern), &out->pattern, f);
    if (!e)
        out->known = search_known(in, f, &e);
    if (!e && !(e = read_number(in->limit, in->most ? 1 : 0, in->most ? in->most : SEARCH_LIMIT_MAX, "limit",
            in->most ? "want.limit_page" : "want.limit", &limit, f)))
        e = read_number(in->errors, 0, 2, "errors", "want.errors", &errors, f);
    out->limit = limit;
    out->errors = (unsigned)errors;
    return e;
}

/* ---- candidates opened ---- */

struct found {
    struct subject_id subject;
    struct event *event;
    struct item_standing item;
    bool has_item;
};

static enum err open_record(struct store *s, struct arena *a, uint32_t row, struct record *r, struct subject_id *subject, struct fault *f)
{
    struct slice bytes;
    enum err e = store_read(s, a, row, &bytes, NULL, f);
    if (!e)
        e = record_parse(bytes, r);
    if (!e && !record_item(r, subject))
        e = fault_set(f, ERR_DAMAGED, "index", SLICE(""), "");
    return e;
}

/* Firearms listed already: open addressing by the first bytes of ids, which are random. */
struct listed {
    struct subject_id *slot;
    size_t cap; /* power of two */
};

static bool listed_new(struct listed *l, struct arena *a, size_t n)
{
    l->cap = 16;
    while (l->cap < 2 * n)
        l->cap *= 2;
    l->slot = arena_array(a, l->cap, sizeof *l->slot);
    return l->slot;
}

/* Adds it; false when it was there. */
static bool listed_add(struct listed *l, const struct subject_id *id)
{
    size_t at;
    memcpy(&at, id->b, sizeof at);
    for (at &= l->cap - 1; !subject_none(&l->slot[at]); at = (at + 1) & (l->cap - 1))
        if (subject_eq(&l->slot[at], id))
            return false;
    l->slot[at] = *id;
    return true;
}

static struct slice name_of(struct desk *d, const struct event *ev, const struct subject_id *subject)
{
    for (size_t i = 0; i < ev->id_count; i++)
        if (ev->id[i].id.n)
            return arena_copy(&d->arena, ev->id[i].id);
    char *hex = arena_alloc(&d->arena, 33);
    if (hex)
        hex_of(subject->b, sizeof subject->b, hex);
    return slice_of(hex ? hex : "", hex ? 32 : 0);
}

enum err search_ids(struct desk *d, const struct search_result *r, struct slice **out, size_t *n, struct fault *f)
{
    struct slice *ids = arena_array(&d->arena, r->count + 1, sizeof *ids);
    struct record record;
    struct event *ev = arena_alloc(&d->arena, sizeof *ev);
    struct subject_id subject;
    struct listed listed = {0};
    struct arena one; /* what a single candidate needs, so that many do not add up */
    size_t count = 0;
    enum err e = ids && ev && listed_new(&listed, &d->arena, r->count) ? OK : fault_set(f, ERR_MEMORY, "search", SLICE(""), "");
    arena_init(&one, CANDIDATE_MEMORY);
    for (size_t i = 0; !e && i < r->count; i++) {
        arena_reset(&one);
        e = open_record(d->store, &one, r->candidate[i].row, &record, &subject, f);
        if (e || !listed_add(&listed, &subject))
            continue;
        if (!(e = store_description(d->store, &one, &record, r->candidate[i].row, ev, f)))
            ids[count++] = name_of(d, ev, &subject);
    }
    arena_free(&one);
    *out = ids;
    *n = count;
    return e;
}

/* ---- the result as JSON ---- */

static void write_cells(struct cj *j, const struct pattern *p)
{
    static const char *const kinds[] = {[CELL_CHAR] = "char", [CELL_ANY] = "any", [CELL_SET] = "set", [CELL_STAR] = "star"};
    cj_key(j, "cells");
    cj_arr(j);
    for (size_t i = 0; i < p->count; i++) {
        const struct cell *c = &p->cells[i];
        char text[2] = {c->kind == CELL_ANY ? '?' : c->kind == CELL_STAR ? '*' : mark_glyph(c->cls, c->variant), 0};
        cj_obj(j);
        cj_kstr(j, "kind", slice_str(kinds[c->kind]));
        if (c->kind != CELL_SET)
            cj_kstr(j, "text", slice_str(text));
        cj_obj_end(j);
    }
    cj_arr_end(j);
}

static void write_known_term(struct cj *j, const struct lang *l, enum term_list list, const char *name, struct slice text, unsigned hint)
{
    text = slice_trim(text);
    if (!text.n)
        return;
    struct term t = term_read(list, text, hint);
    struct term_text shown = {.answer = t.answer, .number = t.number, .code = slice_str(t.code), .text = text};
    words_term(j, l, list, name, &shown);
}

static void write_query(struct cj *j, const struct use_search_in *in, const struct search_query *q)
{
    cj_key(j, "query");
    cj_obj(j);
    cj_kstr(j, "pattern", slice_trim(in->pattern));
    write_cells(j, &q->pattern);
    write_known_term(j, in->lang, TERM_MAKE, "make", in->make, 0);
    cj_kstr_opt(j, "model", slice_trim(in->model));
    write_known_term(j, in->lang, TERM_CALIBRE, "calibre", in->calibre, q->known.type);
    write_known_term(j, in->lang, TERM_TYPE, "type", in->type, 0);
    write_known_term(j, in->lang, TERM_COUNTRY, "country", in->country, 0);
    if (q->known.year)
        cj_kint(j, "year", q->known.year);
    cj_obj_end(j);
}

/* The serial of the record that the index entry was made from. */
static struct slice serial_of(const struct event *ev, const struct mark_key *key, const struct event_mark **mark)
{
    struct slice first = SLICE("");
    for (size_t i = 0; i < ev->mark_count; i++)
        for (size_t k = 0; k < ev->mark[i].serial_count; k++) {
            struct mark_key made[MARK_KEYS];
            unsigned flags;
            size_t n = mark_keys(ev->mark[i].serial[k], made, &flags);
            if (!first.n) {
                first = ev->mark[i].serial[k];
                *mark = &ev->mark[i];
            }
            for (size_t m = 0; m < n; m++)
                if (memcmp(&made[m], key, sizeof *key) == 0) {
                    *mark = &ev->mark[i];
                    return ev->mark[i].serial[k];
                }
        }
    return first;
}

static size_t utf8_length(unsigned char c)
{
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Does this character of the mark differ from what was read? `differs` counts folded characters, *folded those before it. */
static bool differs_here(struct slice one, uint32_t differs, unsigned *folded)
{
    uint8_t packed[MARK_SPELL];
    uint32_t code;
    bool other = false;
    mark_codepoint(one, &code);
    for (unsigned k = 0, parts = mark_spell(code, false, packed); k < parts; k++, (*folded)++)
        other = other || (*folded < 32 && (differs >> *folded & 1));
    return other;
}

static void write_run(struct cj *j, struct slice text, bool differs)
{
    if (!text.n)
        return;
    cj_obj(j);
    if (differs)
        cj_kbool(j, "differs", true);
    cj_kstr(j, "text", text);
    cj_obj_end(j);
}

/* The mark as kept, cut where agreeing and differing characters meet. */
static void write_mark_runs(struct cj *j, struct slice text, uint32_t differs)
{
    unsigned folded = 0;
    size_t from = 0;
    bool was = false;
    cj_key(j, "runs");
    cj_arr(j);
    for (size_t i = 0, n; i < text.n; i += n) {
        n = utf8_length((unsigned char)text.p[i]);
        if (n > text.n - i)
            n = text.n - i;
        bool now = differs_here(slice_of(text.p + i, n), differs, &folded);
        if (now != was) {
            write_run(j, slice_of(text.p + from, i - from), was);
            from = i;
            was = now;
        }
    }
    write_run(j, slice_of(text.p + from, text.n - from), was);
    cj_arr_end(j);
}

static void write_why(struct cj *j, const struct lang *l, const struct candidate *c)
{
    cj_key(j, "why");
    cj_arr(j);
    for (size_t i = 0; i < c->why_count; i++) {
        struct lang_arg args[] = {lang_z("a", c->why[i].a), lang_z("b", c->why[i].b)};
        words_note(j, l, NULL, c->why[i].key, args, 2);
    }
    cj_arr_end(j);
}

static void write_candidate(struct cj *j, const struct lang *l, struct desk *d, const struct index_view *v, const struct candidate *c,
    const struct found *x, size_t rank)
{
    const struct event_mark *mark = NULL;
    struct index_entry entry = index_entry_at(v, c->at);
    struct slice text = serial_of(x->event, &entry.key, &mark);
    cj_obj(j);
    cj_kint(j, "rank", (int64_t)rank);
    cj_khex(j, "id", x->subject.b, sizeof x->subject.b);
    if (x->event->id_count)
        cj_kstr_opt(j, "external_id", x->event->id[0].id);
    cj_key(j, "mark");
    cj_obj(j);
    cj_kstr(j, "text", text);
    cj_kstr(j, "status", slice_str(mark_status_code(mark ? mark->status : MARK_UNKNOWN)));
    write_mark_runs(j, text, c->differs);
    cj_obj_end(j);
    words_item(j, l, &x->event->item);
    if (x->has_item) {
        words_status(j, l, x->item.status, x->item.contradicted);
        if (x->item.state_owned)
            cj_kbool(j, "police_owned", true);
    }
    cj_kint(j, "tier", c->tier);
    write_why(j, l, c);
    cj_obj_end(j);
}

/* The candidate's record opened, its texts in the arena; *again when its firearm is listed already. */
static enum err open_found(struct desk *d, struct arena *a, const struct candidate *c, struct listed *l, struct found *x, bool *again,
    struct fault *f)
{
    struct record r;
    enum err e = open_record(d->store, a, c->row, &r, &x->subject, f);
    *again = !e && !listed_add(l, &x->subject);
    if (e || *again)
        return e;
    e = store_description(d->store, a, &r, c->row, x->event, f);
    return e ? e : store_item_standing(d->store, &x->subject, &x->item, &x->has_item, f);
}

static enum err write_candidates(struct cj *j, const struct lang *l, struct desk *d, const struct index_view *v,
    const struct search_result *r, size_t *shown, struct fault *f)
{
    struct listed listed = {0};
    struct arena one;
    struct found x = {.event = (struct event *)arena_cut(&d->arena, sizeof *x.event)};
    enum err e = x.event && listed_new(&listed, &d->arena, r->count) ? OK : fault_set(f, ERR_MEMORY, "search", SLICE(""), "");
    arena_init(&one, CANDIDATE_MEMORY);
    cj_key(j, "candidates");
    cj_arr(j);
    for (size_t i = 0; !e && i < r->count; i++) {
        bool again;
        arena_reset(&one);
        if (!(e = open_found(d, &one, &r->candidate[i], &listed, &x, &again, f)) && !again)
            write_candidate(j, l, d, v, &r->candidate[i], &x, ++*shown);
    }
    cj_arr_end(j);
    arena_free(&one);
    return e;
}

/* waiting: as in write_warnings. */
static void write_where(struct cj *j, const struct lang *l, const struct search_result *r, const struct search_query *q, size_t marks, uint64_t waiting)
{
    char key[40];
    const char *last = waiting ? "next.search_again" : "next.ask_abroad";
    struct lang_arg args[] = {lang_n("marks", (int64_t)marks)};
    snprintf(key, sizeof key, "searched.register_%u", q->pattern.stars ? 0 : r->tiers);
    cj_key(j, "searched");
    cj_arr(j);
    words_note(j, l, NULL, waiting ? "searched.ready" : key, args, 1);
    cj_arr_end(j);
    cj_key(j, "not_searched");
    cj_arr(j);
    if (waiting)
        words_note(j, l, NULL, "searched.not_ready", NULL, 0);
    words_note(j, l, NULL, "searched.not_abroad", NULL, 0);
    words_note(j, l, NULL, "searched.not_partial", NULL, 0);
    cj_arr_end(j);
    cj_key(j, "next");
    cj_arr(j);
    words_note(j, l, NULL, r->count ? "next.confirm" : last, NULL, 0);
    cj_arr_end(j);
}

/* waiting: as in write_warnings. What was not searched may hold the gun: that it is not here is then not said. */
static const char *verdict_of(const struct search_result *r, uint64_t waiting)
{
    const char *key = search_verdict(r);
    if (waiting && !r->count)
        return "verdict.none_yet";
    return waiting && strcmp(key, "verdict.probably_absent") == 0 ? "verdict.unlikely_yet" : key;
}

static void write_verdict(struct cj *j, const struct lang *l, const struct search_result *r, uint64_t waiting)
{
    const char *key = verdict_of(r, waiting);
    bool here = strcmp(key, "verdict.first_stands_out") == 0 || strcmp(key, "verdict.one_of_few") == 0;
    if (!waiting && search_odds_supported(r))
        cj_key(j, "p_absent"), cj_double(j, r->p_absent, 3);
    words_note_tone(j, l, "verdict", key, here ? "lawful" : "unknown");
}

/* waiting: records of the log that neither index nor derived tables have yet. */
static void write_warnings(struct cj *j, const struct use_search_in *in, const struct search_query *q, uint64_t waiting)
{
    const char *serial = q->known.make ? term_serial_warning(q->known.make, slice_trim(in->pattern), q->known.year) : NULL;
    bool misfit = q->known.type && q->known.calibre && term_incompatible(q->known.type, q->known.calibre);
    if (!serial && !misfit && !waiting)
        return;
    cj_key(j, "warnings");
    cj_arr(j);
    if (waiting) {
        struct lang_arg args[] = {lang_n("n", (int64_t)waiting)};
        words_note(j, in->lang, NULL, "warn.not_taken_in", args, 1);
    }
    if (serial)
        words_note(j, in->lang, NULL, serial, NULL, 0);
    if (misfit)
        words_note(j, in->lang, NULL, "warn.type_calibre", NULL, 0);
    cj_arr_end(j);
}

static enum err answer(struct app *app, struct desk *d, const struct use_search_in *in, const struct search_query *q, struct cj *out,
    struct fault *f)
{
    struct index_view *v;
    const struct ranker *ranker;
    struct search_result r;
    uint64_t size;
    size_t shown = 0;
    enum err e = app_index(app, d, &v, &ranker, &size, f);
    if (e)
        return e;
    if (!(e = search_run(v, ranker, q, d->scratch, &r, f))) {
        cj_obj(out);
        write_query(out, in, q);
        e = store_begin(d->store, f); /* one snapshot for all candidates, and one lock instead of two a candidate */
        if (!e)
            e = write_candidates(out, in->lang, d, v, &r, &shown, f);
        store_rollback(d->store);
        cj_kint(out, "count", (int64_t)r.considered);
        cj_kint(out, "shown", (int64_t)shown);
        cj_kbool(out, "complete", r.complete);
        cj_kint(out, "considered", (int64_t)r.considered);
        cj_kint(out, "micros", (r.nanos + 999) / 1000);
        cj_kint(out, "log_size", (int64_t)size);
        uint64_t waiting = app_waiting(app);
        write_verdict(out, in->lang, &r, waiting);
        write_warnings(out, in, q, waiting);
        write_where(out, in->lang, &r, q, index_count(v), waiting);
        cj_obj_end(out);
    }
    index_release(v);
    return e ? e : out->out->err;
}

enum err use_search(struct app *app, const struct use_search_in *in, struct cj *out, struct fault *f)
{
    struct desk *d;
    struct search_query *q;
    enum err e = desk_take(app, &d, f);
    if (e)
        return e;
    q = arena_alloc(&d->arena, sizeof *q);
    e = q ? search_read(app, in, d, q, f) : ERR_MEMORY;
    if (!e)
        e = answer(app, d, in, q, out, f);
    desk_give(app, d);
    return e;
}
