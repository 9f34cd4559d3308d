/* A custody line as JSON: docs/api/shapes-trace.md. */
#include "trace/line_in.h"
#include <stdio.h>
#include "domain/body.h"
#include "lang/lang.h"
#include "base/banned.h"

struct writer {
    const struct line *l;
    const struct lang *lang;
    struct cj *j;
};

static void open_note(struct writer *w, const char *member, const struct note *n)
{
    if (member)
        cj_key(w->j, member);
    cj_obj(w->j);
    note_json(w->lang, n, w->j);
}

static void put_note(struct writer *w, const char *member, const struct note *n)
{
    if (!n)
        return;
    open_note(w, member, n);
    cj_obj_end(w->j);
}

static void put_key_note(struct writer *w, const char *member, const char *prefix, struct slice code)
{
    char key[80];
    size_t n = (size_t)snprintf(key, sizeof key, "%s" SLICE_FMT, prefix, SLICE_ARG(code));
    for (size_t i = 0; i < n && i < sizeof key; i++)
        if (key[i] >= 'A' && key[i] <= 'Z')
            key[i] = (char)(key[i] + 32);
    struct note note = {.key = key};
    put_note(w, member, &note);
}

/* "x_label": the code in words, when there is a language. */
static void put_label(struct writer *w, const char *member, const char *prefix, const char *code)
{
    char key[80];
    struct buf text;
    if (!w->lang)
        return;
    buf_init(&text, 1024);
    snprintf(key, sizeof key, "%s%s", prefix, code);
    lang_plain(w->lang, &text, key);
    if (text.err && !w->j->out->err)
        w->j->out->err = text.err;
    cj_kstr(w->j, member, buf_view(&text));
    buf_free(&text);
}

static void put_ms(struct writer *w, const char *member, int64_t ms)
{
    if (ms != TIME_UNKNOWN && ms != INT64_MAX)
        cj_kint(w->j, member, ms);
}

static void put_instant(struct writer *w, const char *member, int64_t ms)
{
    char text[25];
    if (ms == TIME_UNKNOWN || ms == INT64_MAX)
        return;
    time_text(ms, text);
    cj_kstr(w->j, member, slice_str(text));
}

static void put_record(struct writer *w, size_t step)
{
    if (step == LINE_NONE)
        return;
    cj_khex(w->j, "record", w->l->step[step].e->record.b, 32);
    cj_kint(w->j, "step", (int64_t)step + 1);
}

static void put_steps(struct writer *w, const size_t step[2])
{
    cj_key(w->j, "steps");
    cj_arr(w->j);
    for (int i = 0; i < 2; i++)
        if (step[i] != LINE_NONE)
            cj_int(w->j, (int64_t)step[i] + 1);
    cj_arr_end(w->j);
}

static void put_id(struct writer *w, const char *member, const struct subject_id *id)
{
    if (!subject_none(id))
        cj_khex(w->j, member, id->b, sizeof id->b);
}

/* ---- head ---- */

static void put_external_ids(struct writer *w)
{
    const struct line *l = w->l;
    cj_key(w->j, "external_ids");
    cj_arr(w->j);
    for (size_t i = 0; i < l->step_count; i++)
        for (size_t k = 0; k < l->step[i].e->id_count; k++) {
            const struct external_id *x = &l->step[i].e->id[k];
            bool seen = false;
            for (size_t b = 0; b <= i && !seen; b++)
                for (size_t c = 0; c < (b < i ? l->step[b].e->id_count : k) && !seen; c++)
                    seen = slice_eq(l->step[b].e->id[c].id, x->id) && slice_eq(l->step[b].e->id[c].source, x->source);
            if (seen)
                continue;
            cj_obj(w->j);
            cj_kstr_opt(w->j, "source", x->source);
            cj_kstr(w->j, "id", x->id);
            cj_obj_end(w->j);
        }
    cj_arr_end(w->j);
}

static void put_term(struct writer *w, const char *code, const char *label, enum term_list list, const struct term_text *t)
{
    if (t->answer == TERM_LISTED)
        cj_kstr(w->j, code, t->code);
    struct buf words;
    buf_init(&words, 1u << 16);
    line_term(w->lang, list, t, &words);
    cj_kstr_opt(w->j, label, buf_view(&words));
    buf_free(&words);
}

static void put_item(struct writer *w)
{
    const struct item_description *d = &w->l->now.description;
    cj_key(w->j, "item");
    cj_obj(w->j);
    put_term(w, "make", "make_label", TERM_MAKE, &d->make);
    cj_kstr_opt(w->j, "model", d->model);
    put_term(w, "calibre", "calibre_label", TERM_CALIBRE, &d->calibre);
    put_term(w, "type", "type_label", TERM_TYPE, &d->type);
    put_term(w, "country", "country_label", TERM_COUNTRY, &d->country);
    if (d->year)
        cj_kint(w->j, "year", d->year);
    cj_kbool(w->j, "police_owned", w->l->now.state_owned);
    cj_obj_end(w->j);
}

static void put_head(struct writer *w)
{
    const struct line *l = w->l;
    char day[11];
    put_id(w, "subject", &l->in.item);
    put_external_ids(w);
    time_day(l->end, day);
    cj_kstr(w->j, "as_of", slice_str(day));
    if (l->in.known != INT64_MAX)
        put_instant(w, "known", l->in.known);
    cj_kstr_opt(w->j, "mark", l->serial);
    if (l->in.names)
        put_key_note(w, "names", "", slice_str(l->in.names));
    put_item(w);
    struct slice since = l->head_step != LINE_NONE ? line_when_text(&l->step[l->head_step].e->happened) : SLICE("");
    for (int i = 0; i < 2; i++) {
        open_note(w, i ? "status" : "head", i ? l->status : l->head);
        if (i)
            cj_kstr(w->j, "code", slice_str(item_status_code(l->now.status)));
        cj_kstr(w->j, "tone", slice_str(line_tone_code(l->head_tone)));
        cj_kstr_opt(w->j, "since", since);
        put_record(w, l->head_step);
        cj_obj_end(w->j);
    }
}

/* ---- marks, steps ---- */

/* A code and its words: "place", "place_label". */
static void put_code(struct writer *w, const char *member, const char *label, struct slice code)
{
    char prefix[32], lower[32];
    size_t n = code.n < sizeof lower - 1 ? code.n : sizeof lower - 1;
    if (!code.n)
        return;
    cj_kstr(w->j, member, code);
    for (size_t i = 0; i < n; i++)
        lower[i] = (char)(code.p[i] >= 'A' && code.p[i] <= 'Z' ? code.p[i] + 32 : code.p[i]);
    lower[n] = 0;
    char key[80];
    snprintf(prefix, sizeof prefix, "mark.%s.", member);
    snprintf(key, sizeof key, "%s%s", prefix, lower);
    if (w->lang && lang_has(w->lang, key))
        put_label(w, label, prefix, lower);
}

static void put_mark(struct writer *w, const struct line_mark *k)
{
    const struct event *e = w->l->step[k->step].e;
    cj_obj(w->j);
    cj_kstr_opt(w->j, "text", k->mark->text);
    put_code(w, "status", "status_label", slice_str(mark_status_code(k->mark->status)));
    put_code(w, "kind", "kind_label", k->mark->kind.n ? k->mark->kind : SLICE("SERIAL"));
    put_code(w, "place", "place_label", k->mark->place);
    put_code(w, "cause", "cause_label", k->mark->cause);
    put_code(w, "method", "method_label", k->mark->method);
    put_code(w, "recovery", "recovery_label", k->mark->recovery);
    cj_key(w->j, "serials");
    cj_arr(w->j);
    for (size_t i = 0; i < k->mark->serial_count; i++)
        cj_str(w->j, k->mark->serial[i]);
    cj_arr_end(w->j);
    put_record(w, k->step);
    put_instant(w, "recorded", e->recorded);
    cj_kstr_opt(w->j, "by", e->office);
    if (e->struck)
        cj_kbool(w->j, "struck", true);
    cj_obj_end(w->j);
}

/* The role in which a record names a party follows from its effects. */
static enum line_role role_of(const struct event *e, int party)
{
    for (size_t i = 0; i < e->effect_count; i++) {
        const struct effect *x = &e->effect[i];
        bool to = x->to == party;
        if (x->what == EFFECT_FOUND_WITH && to)
            return LINE_FOUND_WITH;
        if (!to && x->from != party)
            continue;
        if (x->what == EFFECT_OWNER)
            return to ? LINE_OWNER : LINE_FORMER_OWNER;
        if (x->what == EFFECT_POSSESSOR)
            return to ? LINE_POSSESSOR : LINE_PARTY;
        if (x->what == EFFECT_CUSTODIAN)
            return to ? LINE_CUSTODIAN : LINE_PARTY;
    }
    return LINE_PARTY;
}

static void put_parties(struct writer *w, const struct event *e)
{
    if (!e->party_count)
        return;
    cj_key(w->j, "parties");
    cj_arr(w->j);
    for (size_t i = 0; i < e->party_count; i++) {
        const struct party_ref *p = &e->party[i];
        enum line_role as = role_of(e, (int)i);
        const char *role = line_role_code(as);
        char own[16] = "";
        if (as == LINE_PARTY && body_case_role(p->role)) { /* suspect, victim, witness: each apart */
            snprintf(own, sizeof own, SLICE_FMT, SLICE_ARG(p->role));
            role = own;
        }
        cj_obj(w->j);
        cj_kstr(w->j, "role", slice_str(role));
        put_label(w, "role_label", "role.", role);
        if (p->cls != PARTY_UNSAID)
            cj_kstr(w->j, "class", slice_str(party_class_code(p->cls)));
        cj_kstr_opt(w->j, "name", p->name);
        cj_kstr_opt(w->j, "address", p->address);
        cj_kstr_opt(w->j, "country", p->country);
        put_id(w, "id", &p->id);
        cj_obj_end(w->j);
    }
    cj_arr_end(w->j);
}

static void put_step_facts(struct writer *w, const struct event *e)
{
    cj_kstr_opt(w->j, "happened", line_when_text(&e->happened));
    if (when_known(&e->happened)) {
        put_ms(w, "from_ms", e->happened.start);
        put_ms(w, "to_ms", e->happened.end);
    }
    cj_kstr_opt(w->j, "discovered", line_when_text(&e->discovered));
    put_instant(w, "recorded", e->recorded);
    put_instant(w, "received", e->received);
    cj_kstr_opt(w->j, "office", e->office);
    cj_kstr_opt(w->j, "actor", e->actor);
    cj_kstr_opt(w->j, "origin", e->origin);
    cj_khex(w->j, "record", e->record.b, 32);
    cj_kint(w->j, "position", (int64_t)e->position);
    cj_kstr_opt(w->j, "source", e->source);
    put_parties(w, e);
    cj_kstr_opt(w->j, "place", e->place);
    cj_kstr_opt(w->j, "country", e->country);
    cj_kstr_opt(w->j, "circumstances", e->circumstances);
    cj_kstr_opt(w->j, "case_no", e->case_no);
    cj_kstr_opt(w->j, "permit", e->permit);
    cj_kstr_opt(w->j, "note", e->note);
    cj_kstr_opt(w->j, "opinion", e->opinion);
    if (e->told && !e->circumstances.n && !e->note.n && !e->opinion.n)
        cj_kbool(w->j, "text_closed", true);
}

static void put_step(struct writer *w, size_t i)
{
    const struct line_step *s = &w->l->step[i];
    open_note(w, NULL, s->what);
    cj_kint(w->j, "n", (int64_t)i + 1);
    cj_kstr(w->j, "kind", s->e->kind);
    put_key_note(w, "label", "", s->e->label);
    cj_kstr(w->j, "tone", slice_str(line_tone_code(s->tone)));
    put_step_facts(w, s->e);
    if (s->e->struck)
        cj_kbool(w->j, "struck", true);
    if (s->uncertain)
        cj_kbool(w->j, "uncertain", true);
    if (s->clashes) {
        cj_key(w->j, "contradictions");
        cj_arr(w->j);
        for (size_t k = 0; k < w->l->clash_count; k++)
            if (w->l->clash[k].step[0] == i || w->l->clash[k].step[1] == i)
                cj_int(w->j, (int64_t)k + 1);
        cj_arr_end(w->j);
    }
    cj_obj_end(w->j);
}

/* ---- spans, gaps, contradictions ---- */

static void put_bounds(struct writer *w, struct slice from, struct slice to, int64_t from_ms, int64_t to_ms)
{
    cj_kstr_opt(w->j, "from", from);
    cj_kstr_opt(w->j, "to", to);
    put_ms(w, "from_ms", from_ms);
    put_ms(w, "to_ms", to_ms);
}

static void put_span(struct writer *w, const struct line_span *s)
{
    cj_obj(w->j);
    cj_kstr(w->j, "role", slice_str(line_role_code(s->role)));
    cj_kstr(w->j, "tone", slice_str(line_tone_code(s->tone)));
    put_bounds(w, s->from_text, s->to_text, s->from, s->to);
    cj_kstr_opt(w->j, "who", s->who);
    put_id(w, "id", &s->id);
    put_note(w, "label", s->label);
    if (s->step != LINE_NONE)
        cj_kint(w->j, "step", (int64_t)s->step + 1);
    cj_obj_end(w->j);
}

static void put_days(struct writer *w, int64_t least, int64_t most)
{
    if (least < 0)
        return;
    cj_kint(w->j, "days_min", least);
    cj_kint(w->j, "days_max", most);
    if (least == most)
        cj_kint(w->j, "days", least);
}

static void put_gap(struct writer *w, const struct line_gap *g)
{
    open_note(w, NULL, g->what);
    put_bounds(w, g->from_text, g->to_text, g->from, g->to);
    put_days(w, g->days_min, g->days_max);
    put_note(w, "length", g->length);
    put_steps(w, g->step);
    cj_obj_end(w->j);
}

static void put_clash(struct writer *w, size_t i)
{
    const struct line_clash *c = &w->l->clash[i];
    open_note(w, NULL, c->what);
    cj_kint(w->j, "n", (int64_t)i + 1);
    cj_kstr_opt(w->j, "at", c->at_text);
    put_ms(w, "at_ms", c->at);
    put_steps(w, c->step);
    cj_obj_end(w->j);
}

/* ---- conclusions ---- */

static void put_legal(struct writer *w)
{
    const struct line_legal *g = &w->l->legal;
    if (!g->what)
        return;
    const struct event *e = w->l->step[g->step].e;
    open_note(w, "last_legal", g->what);
    cj_kstr(w->j, "role", slice_str(line_role_code(g->role)));
    put_label(w, "role_label", "role.", line_role_code(g->role));
    if (g->party) {
        cj_kstr_opt(w->j, "who", g->party->name);
        put_id(w, "id", &g->party->id);
        if (g->party->cls != PARTY_UNSAID)
            cj_kstr(w->j, "class", slice_str(party_class_code(g->party->cls)));
        cj_kstr_opt(w->j, "address", g->party->address);
    }
    cj_kstr_opt(w->j, "permit", e->permit);
    cj_kstr_opt(w->j, "country", e->country);
    cj_kstr_opt(w->j, "happened", line_when_text(&e->happened));
    put_record(w, g->step);
    cj_obj_end(w->j);
}

static void put_notes(struct writer *w, const char *member, const struct note *const *n, size_t count)
{
    if (!count)
        return;
    cj_key(w->j, member);
    cj_arr(w->j);
    for (size_t i = 0; i < count; i++)
        put_note(w, NULL, n[i]);
    cj_arr_end(w->j);
}

static void put_diversion(struct writer *w)
{
    const struct line_diversion *d = &w->l->diversion;
    if (d->kind == BREAK_NONE)
        return;
    open_note(w, "diversion", d->what);
    cj_kstr(w->j, "kind", slice_str(line_break_code(d->kind)));
    put_note(w, "where", d->where);
    cj_kstr_opt(w->j, "place", d->place);
    cj_kstr_opt(w->j, "country", d->country);
    put_bounds(w, d->from_text, d->to_text, d->from, d->to);
    put_note(w, "circumstances", d->circumstances);
    cj_kstr(w->j, "confidence", slice_str(line_confidence_code(d->confidence)));
    put_label(w, "confidence_label", "confidence.", line_confidence_code(d->confidence));
    put_notes(w, "why", d->why, d->why_count);
    put_steps(w, d->step);
    cj_kbool(w->j, "proposed", true);
    cj_obj_end(w->j);
}

static void put_time_to_crime(struct writer *w)
{
    const struct line_time_to_crime *t = &w->l->ttc;
    if (t->answer == TTC_NOT_RECOVERED)
        return;
    cj_key(w->j, "time_to_crime");
    cj_obj(w->j);
    if (t->sale != LINE_NONE)
        cj_kstr_opt(w->j, "from", line_when_text(&w->l->step[t->sale].e->happened));
    cj_kstr_opt(w->j, "to", line_when_text(&w->l->step[t->recovery].e->happened));
    if (t->answer == TTC_PROBLEM) {
        put_note(w, "problem", t->what);
    } else {
        note_json(w->lang, t->what, w->j);
        put_days(w, t->days_min, t->days_max);
        const char *answer = t->is_short < 0 ? "maybe" : t->is_short ? "yes" : "no";
        cj_kstr(w->j, "short", slice_str(answer));
        put_label(w, "short_label", "ttc.short.", answer);
    }
    cj_obj_end(w->j);
}

static void put_same(struct writer *w)
{
    if (!w->l->in.same_count)
        return;
    cj_key(w->j, "same_gun");
    cj_arr(w->j);
    for (size_t i = 0; i < w->l->in.same_count; i++) {
        const struct same_gun *s = &w->l->in.same[i];
        struct note proposed = {.key = "same.proposed"};
        note_s(&proposed, "id", s->external_id);
        open_note(w, NULL, &proposed);
        put_id(w, "subject", &s->id);
        cj_kstr_opt(w->j, "external_id", s->external_id);
        cj_key(w->j, "why");
        cj_arr(w->j);
        put_key_note(w, NULL, "", s->why);
        cj_arr_end(w->j);
        cj_obj_end(w->j);
    }
    cj_arr_end(w->j);
}

static void put_ask(struct writer *w, size_t i)
{
    const struct line_ask *a = &w->l->ask[i];
    cj_obj(w->j);
    cj_kint(w->j, "n", (int64_t)i + 1);
    cj_kstr(w->j, "to", slice_str(a->to));
    cj_kstr_opt(w->j, "country", a->country);
    put_note(w, "whom", a->whom);
    put_note(w, "why", a->why);
    cj_kbool(w->j, "done", a->done);
    put_notes(w, "lacks", a->lack, a->lack_count);
    cj_obj_end(w->j);
}

#define PUT_ALL(w, member, count, call)                                                                                \
    do {                                                                                                               \
        cj_key((w)->j, member);                                                                                        \
        cj_arr((w)->j);                                                                                                \
        for (size_t i = 0; i < (count); i++)                                                                           \
            call;                                                                                                      \
        cj_arr_end((w)->j);                                                                                            \
    } while (0)

void line_json(const struct line *l, const struct lang *lang, struct cj *out)
{
    struct writer writer = {l, lang, out}, *w = &writer;
    cj_obj(out);
    put_head(w);
    PUT_ALL(w, "marks", l->mark_count, put_mark(w, &l->mark[i]));
    PUT_ALL(w, "steps", l->step_count, put_step(w, i));
    PUT_ALL(w, "spans", l->span_count, put_span(w, &l->span[i]));
    PUT_ALL(w, "gaps", l->gap_count, put_gap(w, &l->gap[i]));
    PUT_ALL(w, "contradictions", l->clash_count, put_clash(w, i));
    put_legal(w);
    put_diversion(w);
    put_time_to_crime(w);
    put_same(w);
    PUT_ALL(w, "ask", l->ask_count, put_ask(w, i));
    put_notes(w, "remarks", l->remark, l->remark_count);
    put_notes(w, "warnings", l->warning, l->warning_count);
    put_note(w, "caution", l->caution);
    cj_obj_end(out);
}
