/* What the program counts of a pair: both surfaces prepared as the standard recipe says, compared, and put into words and places. */
#include "use/ballistics_in.h"
#include "base/arena.h"
#include "use/words.h"
#include <math.h>
#include <stdio.h>
#include "base/banned.h"

enum err pair_side(const struct use_ballistics *u, const struct surface *s, const struct mask *mask, struct compare_side **out, struct fault *f)
{
    struct surface ready;
    struct surface_steps steps = {0};
    enum err e = correct_prepare(s, mask, SURFACE_STEPS_MAX, &ready, &steps, f);
    if (e)
        return e;
    e = compare_side_new(u->compare, &ready, out, f);
    surface_free(&ready);
    return e;
}

enum err pair_compare(const struct pair *p, struct compare_result **out, struct fault *f)
{
    struct compare_side *sa = NULL, *sb = NULL;
    struct compare_work *work = NULL;
    const struct use_ballistics *u = p->u;
    struct compare_result *r = mem_alloc(1, sizeof *r);
    enum err e = r ? pair_side(u, &p->side[0].surface, p->side[0].mask, &sa, f) : fault_set(f, ERR_MEMORY, "compare", SLICE(""), "");
    if (!e)
        e = pair_side(u, &p->side[1].surface, p->side[1].mask, &sb, f);
    if (!e && !(work = compare_work_new(u->compare)))
        e = fault_set(f, ERR_MEMORY, "compare", SLICE(""), "");
    if (!e)
        compare_run(u->compare, sa, sb, work, r);
    compare_work_free(work);
    compare_side_free(sa);
    compare_side_free(sb);
    if (e)
        mem_free(r);
    else
        *out = r;
    return e;
}

bool pair_from_list(const struct pair *p)
{
    struct subject_id by = examiner_of(p->in->who);
    for (size_t i = 0; i < p->told_count; i++)
        if (p->told[i].shown == SHOWN_LIST && subject_eq(&p->told[i].by, &by))
            return true;
    return false;
}

void pair_likelihood(const struct pair *p, const struct compare_result *r, struct likelihood *out)
{
    struct likelihood_side side[2];
    for (int i = 0; i < 2; i++) {
        const struct specimen *s = collection_find(&p->collection, p->side[i].file);
        side[i] = (struct likelihood_side){s->class[CLASS_MAKE], s->class[CLASS_CALIBRE], p->side[i].surface.dx};
    }
    likelihood_of(p->u->likelihood, compare_settings_of(p->u->compare), r, side, out);
}

/* ---- words ---- */

void pair_sentence(const struct use_ballistics *u, const struct lang *l, const struct compare_result *r, struct buf *sentence, struct buf *parameters)
{
    const struct compare_settings *s = compare_settings_of(u->compare);
    char pitch[16], cell[16], score[24], turn[16], shift[16], angle[16], limit[16];
    snprintf(score, sizeof score, "%.3g", r->score);
    snprintf(pitch, sizeof pitch, "%.4g", s->cell / s->points * 1e6);
    snprintf(cell, sizeof cell, "%.4g", s->cell * 1e6);
    snprintf(turn, sizeof turn, "%.4g", s->turn);
    snprintf(shift, sizeof shift, "%.4g", s->shift * 1e6);
    snprintf(angle, sizeof angle, "%.4g", s->angle);
    snprintf(limit, sizeof limit, "%.3g", s->r);
    lang_text(l, sentence, "pair.sentence", lang_n("cmc", r->cmc), lang_n("cells", compare_cells_told(r)), lang_z("score", score));
    lang_text(l, parameters, "pair.parameters", lang_z("pitch", pitch), lang_z("cell", cell), lang_z("turn", turn), lang_z("shift", shift),
        lang_z("angle", angle), lang_z("r", limit));
}

void pair_settings(const struct use_ballistics *u, struct buf *out)
{
    const struct compare_settings *s = compare_settings_of(u->compare);
    char text[300];
    snprintf(text, sizeof text, "pitch %.4g um, cell %.4g um, grid %u, turn %.4g by %.4g degrees, original %.4g um %.4g degrees r %.3g, high %.4g um %.4g degrees r %.3g tau %u",
        s->cell / s->points * 1e6, s->cell * 1e6, s->grid, s->turn, s->step, s->shift * 1e6, s->angle, s->r, s->high_shift * 1e6, s->high_angle, s->high_r,
        s->high_tau);
    buf_str(out, text);
}

/* ---- places ---- */

/* Counted by the original rule or by the score; the rest found a place by chance and would only cover the picture. */
static bool counted(const struct compare_cell *c)
{
    return c->original || c->close;
}

/* Places of a comparison are measured from the middle of the first point, pictures from its corner. On B the square is turned back: turning B by theta
 * lays it on A. */
size_t pair_cells(const struct compare_result *r, double side, const struct surface *s, bool on_b, struct picture_cell out[COMPARE_CELLS_MAX])
{
    size_t n = 0;
    for (uint32_t i = 0; i < r->cells; i++) {
        const struct compare_cell *c = &r->cell[i];
        if (!counted(c))
            continue;
        out[n] = (struct picture_cell){(double)(on_b ? c->bx : c->ax) + s->dx / 2, (double)(on_b ? c->by : c->ay) + s->dy / 2, side,
            on_b ? -(double)c->theta : 0, (unsigned)n + 1, c->close};
        n++;
    }
    return n;
}

static void number(struct cj *j, const char *key, double v, int decimals)
{
    cj_key(j, key);
    cj_double(j, v, decimals);
}

static void put_cells(struct cj *j, const struct compare_result *r, double side, const struct surface *a, const struct surface *b)
{
    struct picture_cell on_a[COMPARE_CELLS_MAX], on_b[COMPARE_CELLS_MAX];
    size_t n = pair_cells(r, side, a, false, on_a);
    pair_cells(r, side, b, true, on_b);
    cj_key(j, "cell");
    cj_arr(j);
    for (size_t i = 0; i < n; i++) {
        cj_obj(j);
        cj_kint(j, "n", (int64_t)i + 1);
        number(j, "ax_um", on_a[i].x * 1e6, 1);
        number(j, "ay_um", on_a[i].y * 1e6, 1);
        number(j, "bx_um", on_b[i].x * 1e6, 1);
        number(j, "by_um", on_b[i].y * 1e6, 1);
        number(j, "side_um", side * 1e6, 1);
        number(j, "theta", on_b[i].turn, 2);
        cj_kbool(j, "close", on_a[i].close);
        cj_obj_end(j);
    }
    cj_arr_end(j);
}

void pair_json(const struct pair *p, const struct compare_result *r, struct cj *j)
{
    char score[24];
    struct likelihood worth;
    struct buf sentence, parameters;
    buf_init(&sentence, 1u << 14);
    buf_init(&parameters, 1u << 14);
    pair_sentence(p->u, p->in->lang, r, &sentence, &parameters);
    pair_likelihood(p, r, &worth);
    snprintf(score, sizeof score, "%.3g", r->score);
    cj_obj(j);
    cj_kstr(j, "sentence", buf_view(&sentence));
    cj_kint(j, "cmc", r->cmc);
    cj_kint(j, "cells", compare_cells_told(r));
    cj_kstr(j, "score", slice_str(score));
    number(j, "theta", r->theta, 2);
    number(j, "dx_um", r->dx * 1e6, 1);
    number(j, "dy_um", r->dy * 1e6, 1);
    cj_kstr(j, "parameters", buf_view(&parameters));
    cj_key(j, "likelihood");
    likelihood_json(p->u->likelihood, p->in->lang, &worth, j);
    if (pair_from_list(p))
        words_text(j, p->in->lang, "from_list", "pair.from_list", NULL, 0);
    put_cells(j, r, compare_settings_of(p->u->compare)->cell, &p->side[0].surface, &p->side[1].surface);
    cj_obj_end(j);
    buf_free(&sentence);
    buf_free(&parameters);
}
