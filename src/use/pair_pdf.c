/* The printed page of a pair, and one of the two as a picture with its cells, for pages without script. */
#include "use/ballistics_in.h"
#include "base/arena.h"
#include "base/time.h"
#include <math.h>
#include <stdio.h>
#include "base/banned.h"

#define PICTURE_SIDE 560
#define LIGHT_HEIGHT 35.0
#define PRINTED 3 /* conclusions that the page has room for */

/* ---- what was counted ---- */

struct counted {
    struct compare_result *r; /* NULL: not told, or nothing to count */
    struct picture_cell cell[2][COMPARE_CELLS_MAX];
    size_t n;
};

static enum err count(const struct pair *p, struct counted *out, struct fault *f)
{
    out->r = NULL;
    out->n = 0;
    if (!p->own)
        return OK;
    enum err e = pair_compare(p->u, &p->side[0].surface, &p->side[1].surface, &out->r, f);
    if (e)
        return e == ERR_MEMORY ? e : OK;
    double width = compare_settings_of(p->u->compare)->cell;
    out->n = pair_cells(out->r, width, &p->side[0].surface, false, out->cell[0]);
    pair_cells(out->r, width, &p->side[1].surface, true, out->cell[1]);
    return OK;
}

/* ---- words ---- */

static void class_words(const struct specimen *s, const struct lang *l, struct buf *out)
{
    for (int i = 0; i < CLASS_FIELDS; i++) {
        char key[40];
        if (!s->class[i].n)
            continue;
        if (out->n)
            buf_str(out, "; ");
        snprintf(key, sizeof key, "class.%s", class_names[i]);
        lang_plain(l, out, key);
        buf_str(out, ": ");
        buf_slice(out, s->class[i]);
    }
}

static struct report_side report_side_of(const struct side *s, const struct buf *classes)
{
    return (struct report_side){s->file, s->meta.text[X3P_MODEL], measured_day(s->meta.text[X3P_DATE]), buf_view(classes), &s->surface, s->meta.points,
        s->meta.missing, s->sha};
}

/* One line: the conclusion, who, when, what had been shown, and the record that proves it. */
static void conclusion_words(const struct pair *p, const struct conclusion *c, struct buf *code, struct buf *by)
{
    struct buf who, shown;
    char key[48], when[25], record[65] = "";
    const struct lang *l = p->in->lang;
    buf_init(&who, 1u << 12);
    buf_init(&shown, 1u << 12);
    snprintf(key, sizeof key, "conclusion.%s", c->code);
    lang_plain(l, code, key);
    examiner_words(p, c, &who);
    snprintf(key, sizeof key, "shown.%s", conclusion_shown_name(c->shown));
    lang_plain(l, &shown, key);
    time_text(c->recorded, when);
    hex_of(c->record.b, sizeof c->record.b, record);
    lang_text(l, by, "report.concluded_by", lang_s("who", buf_view(&who)), lang_z("when", when), lang_s("shown", buf_view(&shown)), lang_z("record", record));
    buf_free(&who);
    buf_free(&shown);
}

/* ---- the page ---- */

struct printing {
    struct counted counted;
    struct report_result result;
    struct report_conclusion conclusion[PRINTED];
    struct buf classes[2], sentence, parameters, code[PRINTED], by[PRINTED];
    struct report report;
};

static void printing_init(struct printing *x)
{
    memset(x, 0, sizeof *x);
    for (int i = 0; i < 2; i++)
        buf_init(&x->classes[i], 1u << 16);
    for (int i = 0; i < PRINTED; i++) {
        buf_init(&x->code[i], 1u << 12);
        buf_init(&x->by[i], 1u << 14);
    }
    buf_init(&x->sentence, 1u << 14);
    buf_init(&x->parameters, 1u << 14);
}

static void printing_free(struct printing *x)
{
    mem_free(x->counted.r);
    for (int i = 0; i < 2; i++)
        buf_free(&x->classes[i]);
    for (int i = 0; i < PRINTED; i++) {
        buf_free(&x->code[i]);
        buf_free(&x->by[i]);
    }
    buf_free(&x->sentence);
    buf_free(&x->parameters);
}

static void add_conclusion(struct printing *x, const struct pair *p, const struct conclusion *c)
{
    size_t n = x->report.conclusions;
    if (n == PRINTED) {
        x->report.more++;
        return;
    }
    conclusion_words(p, c, &x->code[n], &x->by[n]);
    x->conclusion[n] = (struct report_conclusion){buf_view(&x->code[n]), c->note, buf_view(&x->by[n])};
    x->report.conclusions++;
}

/* The visitor's last one first, then the others, newest first. */
static void add_conclusions(struct printing *x, const struct pair *p)
{
    x->report.conclusion = x->conclusion;
    if (!p->own)
        return;
    add_conclusion(x, p, p->own);
    for (size_t i = p->told_count; i-- > 0;)
        if (&p->told[i] != p->own)
            add_conclusion(x, p, &p->told[i]);
}

static enum err fill(struct printing *x, const struct pair *p, struct fault *f)
{
    enum err e = count(p, &x->counted, f);
    if (e)
        return e;
    x->report.now = p->u->app->clock(p->u->app->arg);
    for (int i = 0; i < 2; i++) {
        class_words(collection_find(&p->collection, p->side[i].file), p->in->lang, &x->classes[i]);
        x->report.side[i] = report_side_of(&p->side[i], &x->classes[i]);
    }
    add_conclusions(x, p);
    if (x->counted.r) {
        pair_sentence(p->u, p->in->lang, x->counted.r, &x->sentence, &x->parameters);
        x->result = (struct report_result){buf_view(&x->sentence), buf_view(&x->parameters), x->counted.cell[0], x->counted.cell[1], x->counted.n};
        x->report.result = &x->result;
    }
    return OK;
}

enum err use_pair_pdf(const struct use_ballistics *u, const struct use_pair_in *in, struct buf *out, struct fault *f)
{
    struct pair p;
    struct printing *x = mem_alloc(1, sizeof *x);
    if (!x)
        return fault_set(f, ERR_MEMORY, "report", SLICE(""), "");
    printing_init(x);
    enum err e = pair_begin(u, in, &p, f);
    if (!e)
        e = fill(x, &p, f);
    if (!e)
        e = report_pdf(&x->report, in->lang, out, f);
    pair_end(&p);
    printing_free(x);
    mem_free(x);
    return e;
}

/* ---- one picture ---- */

enum err use_pair_picture(const struct use_ballistics *u, const struct use_pair_picture_in *in, struct buf *out, struct fault *f)
{
    struct pair p;
    struct counted *c = mem_alloc(1, sizeof *c);
    struct picture_ask ask = {.side = PICTURE_SIDE, .light = in->light, .height = LIGHT_HEIGHT, .turn = in->turn, .with_cut = !isnan(in->cut), .cut = in->cut};
    if (!c)
        return fault_set(f, ERR_MEMORY, "picture", SLICE(""), "");
    c->r = NULL;
    enum err e = pair_begin(u, &in->pair, &p, f);
    if (!e && in->cells)
        e = p.own ? count(&p, c, f) : fault_set(f, ERR_REFUSED, "cells", SLICE(""), "say.conclude_first");
    if (!e) {
        ask.cell = c->r ? c->cell[in->right] : NULL;
        ask.cells = c->r ? c->n : 0;
        e = picture_png(&p.side[in->right].surface, &ask, out, f);
    }
    pair_end(&p);
    mem_free(c->r);
    mem_free(c);
    return e;
}
