#include "ballistics/likelihood.h"
#include "base/arena.h"
#include "base/embed.h"
#include "domain/terms.h"

#include <math.h>
#include <stdio.h>
#include "base/banned.h"

#define TABLE "data/ballistics/likelihood.json"
#define ROWS_MAX 1024u
#define VERSION 1

struct row {
    double score, log10, lower, upper;
};
struct likelihood_model {
    struct row row[ROWS_MAX];
    size_t rows;
    double least, most; /* log10 */
    uint32_t slides, mates, others;
    char make[TERM_CODE_MAX], calibre[TERM_CODE_MAX];
    uint32_t points, grid, cells_least;
    double cell, turn, pitch_least, pitch_most;
};

static const char *const reason_names[LIKELIHOOD_REASONS] = {"make_open", "make", "calibre_open", "calibre", "pitch", "cells", "settings"};

/* ---- reading the table ---- */

static enum err damaged(struct fault *f)
{
    return fault_set(f, ERR_DAMAGED, TABLE, SLICE(""), "");
}

static bool get_row(const struct cj_value *v, struct row *out)
{
    double *to[] = {&out->score, &out->log10, &out->lower, &out->upper};
    const struct cj_value *cell = v->type == CJ_ARR && v->count == 4 ? v->first : NULL;
    for (size_t i = 0; i < 4; i++, cell = cell->next) {
        if (!cell || cell->type != CJ_INT)
            return false;
        *to[i] = (double)cell->i / 1000;
    }
    return out->score > 0 && out->lower <= out->log10 && out->log10 <= out->upper;
}

static bool get_table(const struct cj_value *list, struct likelihood_model *m)
{
    for (const struct cj_value *v = list ? list->first : NULL; v; v = v->next) {
        struct row *r = &m->row[m->rows];
        if (m->rows == ROWS_MAX || !get_row(v, r) || r->lower < m->least || r->upper > m->most)
            return false;
        if (m->rows && (r->score <= r[-1].score || r->log10 < r[-1].log10))
            return false;
        m->rows++;
    }
    return m->rows >= 2;
}

static bool get_code(const struct cj_value *root, const char *key, char out[TERM_CODE_MAX])
{
    struct slice s = cj_get_str(root, key);
    if (!s.n || s.n >= TERM_CODE_MAX)
        return false;
    memcpy(out, s.p, s.n);
    return true;
}

static uint32_t get_u32(const struct cj_value *root, const char *key)
{
    int64_t v = cj_get_int(root, key, 0);
    return v > 0 && v <= UINT32_MAX ? (uint32_t)v : 0;
}

static bool get_model(const struct cj_value *root, struct likelihood_model *m)
{
    m->least = (double)cj_get_int(root, "least", 0) / 1000;
    m->most = (double)cj_get_int(root, "most", 0) / 1000;
    m->slides = get_u32(root, "slides");
    m->mates = get_u32(root, "mates");
    m->others = get_u32(root, "others");
    m->points = get_u32(root, "points");
    m->grid = get_u32(root, "grid");
    m->cells_least = get_u32(root, "cells_least");
    m->cell = get_u32(root, "cell_um") * 1e-6;
    m->turn = get_u32(root, "turn");
    m->pitch_least = get_u32(root, "pitch_least_nm") * 1e-9;
    m->pitch_most = get_u32(root, "pitch_most_nm") * 1e-9;
    bool codes = get_code(root, "make", m->make) && get_code(root, "calibre", m->calibre);
    bool whole = cj_get_int(root, "version", 0) == VERSION && m->slides && m->mates && m->others;
    return codes && whole && m->least <= 0 && m->most >= 0 && get_table(cj_get(root, "table"), m);
}

enum err likelihood_parse(struct slice json, struct likelihood_model **out, struct fault *f)
{
    struct arena a;
    struct cj_value *root;
    struct likelihood_model *m = mem_alloc(1, sizeof *m);
    if (!m)
        return fault_set(f, ERR_MEMORY, TABLE, SLICE(""), "");
    arena_init(&a, (size_t)4 << 20);
    enum err e = cj_parse(&a, json, &root, f);
    if (e == ERR_FORMAT || (!e && !get_model(root, m)))
        e = damaged(f);
    arena_free(&a);
    if (e)
        mem_free(m);
    else
        *out = m;
    return e;
}

enum err likelihood_open(struct likelihood_model **out, struct fault *f)
{
    return likelihood_parse(embed_get(TABLE), out, f);
}

void likelihood_close(struct likelihood_model *m)
{
    mem_free(m);
}

/* ---- one pair ---- */

static enum term_answer reads_as(enum term_list list, struct slice text, const char *code, bool *same)
{
    struct term t = term_read(list, text, 0);
    *same = t.answer == TERM_LISTED && strcmp(t.code, code) == 0;
    return t.answer;
}

/* A text that says nothing is open; what is not in the list is another make or calibre than ours. */
static void judge_class(enum term_list list, const struct slice text[2], const char *code, bool *open, bool *other)
{
    for (int i = 0; i < 2; i++) {
        bool same;
        enum term_answer a = reads_as(list, slice_trim(text[i]), code, &same);
        bool nothing = a == TERM_NOT_ASKED || a == TERM_UNKNOWN || a == TERM_NONE;
        *open |= nothing;
        *other |= !nothing && !same;
    }
}

static bool same_settings(const struct likelihood_model *m, const struct compare_settings *s)
{
    const struct compare_settings *d = &compare_standard;
    bool given = s->points == m->points && s->grid == m->grid && fabs(s->cell - m->cell) < 1e-9 && fabs(s->turn - m->turn) < 1e-9;
    return given && s->step == d->step && s->orientations == d->orientations && s->window == d->window && s->least == d->least;
}

static void judge(const struct likelihood_model *m, const struct compare_settings *set, const struct compare_result *r,
    const struct likelihood_side side[2], struct likelihood *v)
{
    const struct slice make[2] = {side[0].make, side[1].make}, calibre[2] = {side[0].calibre, side[1].calibre};
    judge_class(TERM_MAKE, make, m->make, &v->why_not[LIKELIHOOD_MAKE_OPEN], &v->why_not[LIKELIHOOD_MAKE]);
    judge_class(TERM_CALIBRE, calibre, m->calibre, &v->why_not[LIKELIHOOD_CALIBRE_OPEN], &v->why_not[LIKELIHOOD_CALIBRE]);
    for (int i = 0; i < 2; i++)
        v->why_not[LIKELIHOOD_PITCH] |= !(side[i].pitch >= m->pitch_least && side[i].pitch <= m->pitch_most);
    v->why_not[LIKELIHOOD_CELLS] = r->cells < m->cells_least || r->cells_reverse < m->cells_least;
    v->why_not[LIKELIHOOD_SETTINGS] = !same_settings(m, set);
}

static void look_up(const struct likelihood_model *m, double score, struct likelihood *out)
{
    const struct row *a = m->row, *last = &m->row[m->rows - 1];
    while (a + 1 < last && a[1].score <= score)
        a++;
    double t = score > a->score ? log(score / a->score) / log(a[1].score / a->score) : 0;
    t = t > 1 ? 1 : t;
    out->log10 = a->log10 + t * (a[1].log10 - a->log10);
    out->lower = a->lower + t * (a[1].lower - a->lower);
    out->upper = a->upper + t * (a[1].upper - a->upper);
}

void likelihood_of(const struct likelihood_model *m, const struct compare_settings *set, const struct compare_result *r,
    const struct likelihood_side side[2], struct likelihood *out)
{
    memset(out, 0, sizeof *out);
    judge(m, set, r, side, out);
    out->given = true;
    for (size_t i = 0; i < LIKELIHOOD_REASONS; i++)
        out->given &= !out->why_not[i];
    if (out->given)
        look_up(m, r->score, out);
}

/* ---- in words ---- */

static const struct {
    double least; /* of the LR or of 1 / LR */
    const char *name, *key;
} scale[] = {{1e6, "extremely_strong", "lr.extremely_strong"}, {1e4, "very_strong", "lr.very_strong"}, {1e3, "strong", "lr.strong"},
    {1e2, "moderately_strong", "lr.moderately_strong"}, {10, "moderate", "lr.moderate"}, {2, "weak", "lr.weak"}, {0, "none", "lr.none"}};

static size_t scale_of(double times)
{
    size_t i = 0;
    while (times < scale[i].least)
        i++;
    return i;
}

/* Two figures say no more than the interval does. */
static void times_text(double log10, char out[24])
{
    double times = pow(10, fabs(log10));
    snprintf(out, 24, times < 9.95 ? "%.1f" : "%.0f", times);
}

static void plain(struct cj *j, const char *key, const struct lang *l, const char *message, const struct lang_arg *args, size_t n)
{
    struct buf b;
    buf_init(&b, 1u << 14);
    lang_put(l, LANG_PLAIN, &b, message, args, n);
    if (key)
        cj_kstr(j, key, buf_view(&b));
    else
        cj_str(j, buf_view(&b));
    buf_free(&b);
}

/* The two ends as "a to b times"; an interval that holds 1 reaches to both sides. */
static void given_words(const struct lang *l, const struct likelihood *v, size_t s, struct buf *out)
{
    char times[24], low[24], high[24];
    bool same = v->log10 >= 0;
    struct buf degree;
    buf_init(&degree, 1u << 12);
    lang_plain(l, &degree, scale[s].key);
    times_text(v->log10, times);
    times_text(same ? v->lower : v->upper, low);
    times_text(same ? v->upper : v->lower, high);
    const struct lang_arg args[] = {lang_z("times", times), lang_z("low", low), lang_z("high", high), lang_s("degree", buf_view(&degree))};
    bool both = v->lower < 0 && v->upper > 0;
    lang_put(l, LANG_PLAIN, out, both ? "lr.words_even" : same ? "lr.words_same" : "lr.words_different", args, 4);
    buf_free(&degree);
}

static void put_words(struct cj *j, const struct lang *l, const struct likelihood *v)
{
    size_t s = scale_of(pow(10, fabs(v->log10)));
    struct buf b;
    buf_init(&b, 1u << 14);
    given_words(l, v, s, &b);
    cj_kstr(j, "scale", slice_str(scale[s].name));
    cj_kstr(j, "words", buf_view(&b));
    buf_free(&b);
}

/* Calls back with the text of each limit. */
static void each_limit(const struct likelihood_model *m, const struct lang *l, void (*say)(void *to, const struct lang *l, const char *key,
    const struct lang_arg *args, size_t n), void *to)
{
    char for_same[24], for_different[24];
    times_text(m->most, for_same);
    times_text(m->least, for_different);
    const struct lang_arg args[] = {lang_n("slides", m->slides), lang_n("mates", m->mates), lang_n("others", m->others),
        lang_z("most", for_same), lang_z("least", for_different)};
    static const char *const key[] = {"lr.limit_population", "lr.limit_bounds", "lr.limit_worn", "lr.limit_score", "lr.limit_lead"};
    for (size_t i = 0; i < sizeof key / sizeof *key; i++)
        say(to, l, key[i], args, 5);
}

static void say_json(void *to, const struct lang *l, const char *key, const struct lang_arg *args, size_t n)
{
    plain(to, NULL, l, key, args, n);
}

static void say_buf(void *to, const struct lang *l, const char *key, const struct lang_arg *args, size_t n)
{
    struct buf *b = to;
    if (b->n)
        buf_byte(b, ' ');
    lang_put(l, LANG_PLAIN, b, key, args, n);
}

static void put_limits(struct cj *j, const struct likelihood_model *m, const struct lang *l)
{
    cj_key(j, "limits");
    cj_arr(j);
    each_limit(m, l, say_json, j);
    cj_arr_end(j);
}

/* Calls back with each reason against it. */
static void each_reason(const struct likelihood_model *m, const struct lang *l, const struct likelihood *v, void (*say)(void *to, size_t reason,
    const struct lang *l, const char *key, const struct lang_arg *args, size_t n), void *to)
{
    struct term make = term_by_code(TERM_MAKE, slice_str(m->make)), calibre = term_by_code(TERM_CALIBRE, slice_str(m->calibre));
    char least[24], most[24];
    snprintf(least, sizeof least, "%.3g", m->pitch_least * 1e6);
    snprintf(most, sizeof most, "%.3g", m->pitch_most * 1e6);
    const struct lang_arg args[] = {lang_z("make", term_label(TERM_MAKE, make.number)), lang_z("calibre", term_label(TERM_CALIBRE, calibre.number)),
        lang_z("least", least), lang_z("most", most), lang_n("cells", m->cells_least)};
    for (size_t i = 0; i < LIKELIHOOD_REASONS; i++) {
        char key[40];
        if (!v->why_not[i])
            continue;
        snprintf(key, sizeof key, "lr.why_%s", reason_names[i]);
        say(to, i, l, key, args, 5);
    }
}

static void reason_json(void *to, size_t reason, const struct lang *l, const char *key, const struct lang_arg *args, size_t n)
{
    struct cj *j = to;
    cj_obj(j);
    cj_kstr(j, "reason", slice_str(reason_names[reason]));
    plain(j, "text", l, key, args, n);
    cj_obj_end(j);
}

static void reason_buf(void *to, size_t reason, const struct lang *l, const char *key, const struct lang_arg *args, size_t n)
{
    say_buf(to, l, key, args, n);
}

static void put_reasons(struct cj *j, const struct likelihood_model *m, const struct lang *l, const struct likelihood *v)
{
    plain(j, "words", l, "lr.words_none", NULL, 0);
    cj_key(j, "why");
    cj_arr(j);
    each_reason(m, l, v, reason_json, j);
    cj_arr_end(j);
}

static void number(struct cj *j, const char *key, double v)
{
    cj_key(j, key);
    cj_double(j, v, 2);
}

void likelihood_json(const struct likelihood_model *m, const struct lang *l, const struct likelihood *v, struct cj *j)
{
    cj_obj(j);
    cj_kbool(j, "given", v->given);
    if (v->given) {
        number(j, "log10", v->log10);
        number(j, "lower", v->lower);
        number(j, "upper", v->upper);
        put_words(j, l, v);
    } else {
        put_reasons(j, m, l, v);
    }
    put_limits(j, m, l);
    cj_obj_end(j);
}

void likelihood_words(const struct likelihood_model *m, const struct lang *l, const struct likelihood *v, struct buf *words, struct buf *limits)
{
    if (v->given) {
        given_words(l, v, scale_of(pow(10, fabs(v->log10))), words);
    } else {
        lang_plain(l, words, "lr.words_none");
        each_reason(m, l, v, reason_buf, words);
    }
    each_limit(m, l, say_buf, limits);
}
