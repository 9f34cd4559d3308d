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
    enum err e = pair_compare(p, &out->r, f);
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

static void corrected_words(const struct mask_entry *e, const struct lang *l, struct buf *out)
{
    static const struct hash none;
    char at[25];
    if (hash_eq(&e->id, &none))
        return;
    time_text(e->at, at);
    lang_text(l, out, "pair.corrected", lang_s("who", e->who), lang_z("at", at));
}

static struct report_side report_side_of(const struct side *s, const struct buf *classes, const struct buf *corrected)
{
    return (struct report_side){s->file, s->meta.text[X3P_MODEL], measured_day(s->meta.text[X3P_DATE]), buf_view(classes), buf_view(corrected), &s->surface, s->meta.points,
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
    struct buf classes[2], corrected[2], sentence, parameters, worth, limits, code[PRINTED], by[PRINTED];
    struct report report;
};

static void printing_init(struct printing *x)
{
    memset(x, 0, sizeof *x);
    for (int i = 0; i < 2; i++) {
        buf_init(&x->classes[i], 1u << 16);
        buf_init(&x->corrected[i], 1u << 12);
    }
    for (int i = 0; i < PRINTED; i++) {
        buf_init(&x->code[i], 1u << 12);
        buf_init(&x->by[i], 1u << 14);
    }
    buf_init(&x->sentence, 1u << 14);
    buf_init(&x->parameters, 1u << 14);
    buf_init(&x->worth, 1u << 14);
    buf_init(&x->limits, 1u << 14);
}

static void printing_free(struct printing *x)
{
    mem_free(x->counted.r);
    for (int i = 0; i < 2; i++) {
        buf_free(&x->classes[i]);
        buf_free(&x->corrected[i]);
    }
    for (int i = 0; i < PRINTED; i++) {
        buf_free(&x->code[i]);
        buf_free(&x->by[i]);
    }
    buf_free(&x->sentence);
    buf_free(&x->parameters);
    buf_free(&x->worth);
    buf_free(&x->limits);
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

static void fill_result(struct printing *x, const struct pair *p)
{
    struct likelihood worth;
    pair_sentence(p->u, p->in->lang, x->counted.r, &x->sentence, &x->parameters);
    pair_likelihood(p, x->counted.r, &worth);
    if (pair_from_list(p)) {
        lang_plain(p->in->lang, &x->worth, "pair.from_list");
        buf_byte(&x->worth, ' ');
    }
    likelihood_words(p->u->likelihood, p->in->lang, &worth, &x->worth, &x->limits);
    x->result = (struct report_result){buf_view(&x->sentence), buf_view(&x->parameters), buf_view(&x->worth), buf_view(&x->limits), x->counted.cell[0],
        x->counted.cell[1], x->counted.n};
    x->report.result = &x->result;
}

static enum err fill(struct printing *x, const struct pair *p, struct fault *f)
{
    enum err e = count(p, &x->counted, f);
    if (e)
        return e;
    x->report.now = p->u->app->clock(p->u->app->arg);
    for (int i = 0; i < 2; i++) {
        class_words(collection_find(&p->collection, p->side[i].file), p->in->lang, &x->classes[i]);
        corrected_words(&p->side[i].corrected, p->in->lang, &x->corrected[i]);
        x->report.side[i] = report_side_of(&p->side[i], &x->classes[i], &x->corrected[i]);
    }
    add_conclusions(x, p);
    if (x->counted.r)
        fill_result(x, p);
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

/* ---- the profile ---- */

#define ALONG 560

/* About the mean of what is there. */
static void centred(float *z, double *most)
{
    double sum = 0;
    size_t n = 0;
    for (int i = 0; i < ALONG; i++)
        if (!isnan(z[i])) {
            sum += (double)z[i];
            n++;
        }
    for (int i = 0; i < ALONG; i++) {
        z[i] -= n ? (float)(sum / (double)n) : 0;
        if (!isnan(z[i]))
            *most = fmax(*most, fabs((double)z[i]));
    }
}

static void put_path(struct buf *out, const float *z, double scale, const char *color)
{
    bool down = false;
    buf_printf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" d=\"", color);
    for (int i = 0; i < ALONG; i++) {
        if (!isnan(z[i]))
            buf_printf(out, "%c%d %.1f", down ? 'L' : 'M', i, 80 - (double)z[i] * scale);
        down = !isnan(z[i]);
    }
    buf_str(out, "\"/>");
}

enum err use_pair_profile(const struct use_ballistics *u, const struct use_pair_picture_in *in, double turn_right, struct buf *out, struct fault *f)
{
    struct pair p;
    float z[2][ALONG];
    double most = 1e-7, cut = isnan(in->cut) ? 0 : in->cut;
    enum err e = pair_begin(u, &in->pair, &p, f);
    if (!e) {
        picture_profile(&p.side[0].surface, in->turn, cut, z[0], ALONG);
        picture_profile(&p.side[1].surface, turn_right, cut, z[1], ALONG);
        centred(z[0], &most);
        centred(z[1], &most);
        buf_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d 160\"><rect width=\"%d\" height=\"160\" fill=\"#fff\"/>"
            "<path stroke=\"#c9d0d6\" d=\"M0 80H%d\"/>", ALONG, ALONG, ALONG);
        put_path(out, z[0], 74 / most, "#14507a");
        put_path(out, z[1], 74 / most, "#b3201b");
        buf_printf(out, "<text x=\"4\" y=\"12\" font-family=\"sans-serif\" font-size=\"10\">\302\261%.2f \302\265m</text></svg>", most * 1e6);
        e = out->err;
    }
    pair_end(&p);
    return e;
}
