#include "use/exam_door.h"
#include "ballistics/x3p_in.h"
#include "use/ballistics.h"
#include <math.h>
#include <stdio.h>
#include "base/banned.h"

/* ---- what was asked ---- */

static struct slice field(const struct exam_ask *in, const char *name)
{
    return in->field(in->form, name);
}

static double number(const struct exam_ask *in, const char *name, double least, double most, double otherwise)
{
    double v;
    return x3p_number(field(in, name), &v) && v >= least && v <= most ? v : otherwise;
}

static struct use_pair_in pair_in(const struct exam_ask *in)
{
    return (struct use_pair_in){in->lang, in->who, field(in, "a"), field(in, "b")};
}

static bool picked(const struct exam_ask *in, const char *name, const char *value)
{
    return slice_is(field(in, name), value);
}

/* All but unreserved bytes become %XX (RFC 3986 2.3). */
static void quote(struct buf *b, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
        if (plain)
            buf_byte(b, c);
        else
            buf_printf(b, "%%%02X", c);
    }
}

/* ---- acts ---- */

static enum err specimens(void *u, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    const struct use_specimens_in s = {.lang = in->lang};
    return use_specimens(u, &s, out->json, f);
}

static enum err pair(void *u, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    const struct use_pair_in p = pair_in(in);
    return use_pair(u, &p, out->json, f);
}

static enum err pair_pdf(void *u, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    const struct use_pair_in p = pair_in(in);
    out->type = "application/pdf";
    out->name = "comparison.pdf";
    return use_pair_pdf(u, &p, out->bytes, f);
}

static enum err pair_picture(void *u, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    const bool right = picked(in, "side", "b");
    const double turn = number(in, "turn", -360, 360, 0) + (right ? number(in, "turn_b", -360, 360, 0) : 0);
    const struct use_pair_picture_in p = {pair_in(in), right, picked(in, "cells", "1"), number(in, "light", 0, 359, 315), turn,
        number(in, "cut", -100, 100, NAN) / 100};
    out->type = "image/png";
    return use_pair_picture(u, &p, out->bytes, f);
}

static enum err profile(void *u, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    const double turn = number(in, "turn", -360, 360, 0), cut = number(in, "cut", -100, 100, 0) / 100;
    const struct use_pair_picture_in p = {.pair = pair_in(in), .turn = turn, .cut = cut};
    out->type = "image/svg+xml";
    return use_pair_profile(u, &p, turn + number(in, "turn_b", -360, 360, 0), out->bytes, f);
}

static void go_to(struct exam_answer *out, struct buf *go)
{
    snprintf(out->go, sizeof out->go, "%.*s", go->err ? 11 : (int)go->n, go->err ? "/ballistics" : (const char *)go->p);
    buf_free(go);
}

static enum err conclude(void *u, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    const struct use_conclude_in c = {in->who, field(in, "a"), field(in, "b"), field(in, "conclusion"), field(in, "note"), picked(in, "from", "list")};
    struct hash record;
    struct buf go;
    enum err e = use_conclude(u, &c, &record, f);
    if (e)
        return e;
    buf_init(&go, sizeof out->go - 1);
    buf_str(&go, "/ballistics/compare?a=");
    quote(&go, c.a);
    buf_str(&go, "&b=");
    quote(&go, c.b);
    buf_str(&go, "#conclude");
    go_to(out, &go);
    return OK;
}

static enum err picture(void *u, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    const struct use_picture_in p = {field(in, "file"), number(in, "light", 0, 359, 315), number(in, "turn", -360, 360, 0)};
    out->type = "image/png";
    return use_picture(u, &p, out->bytes, f);
}

static enum err tile(void *u, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    out->type = "application/octet-stream";
    out->packed = true;
    return use_tile(u, field(in, "file"), out->bytes, f);
}

static enum err specimen(void *u, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    const struct use_specimen_in s = {in->lang, field(in, "file")};
    return use_specimen(u, &s, out->json, f);
}

static enum err mates(void *u, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    const struct use_mates_in m = {in->lang, in->who, field(in, "file")};
    return use_mates(u, &m, out->json, f);
}

static enum err step(void *u, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    uint64_t n;
    out->type = "image/png";
    if (!slice_u64(field(in, "step"), 100, &n))
        return fault_set(f, ERR_RANGE, "step", field(in, "step"), "");
    return use_step_picture(u, field(in, "file"), (size_t)n, out->bytes, f);
}

static enum err correct(void *u, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    const struct use_correct_in c = {in->who, field(in, "file"), field(in, "shapes"), field(in, "previous")};
    struct buf go;
    enum err e = use_correct(u, &c, f);
    if (e)
        return e;
    buf_init(&go, sizeof out->go - 1);
    buf_str(&go, "/ballistics/specimen?file=");
    quote(&go, c.file);
    buf_str(&go, "#mask");
    go_to(out, &go);
    return OK;
}

const exam_fn exam_door[EXAM_ACTS] = {
    [EXAM_SPECIMENS] = specimens, [EXAM_PAIR] = pair, [EXAM_PAIR_PDF] = pair_pdf, [EXAM_PAIR_PICTURE] = pair_picture, [EXAM_PROFILE] = profile, [EXAM_CONCLUDE] = conclude,
    [EXAM_PICTURE] = picture, [EXAM_TILE] = tile,
    [EXAM_SPECIMEN] = specimen, [EXAM_MATES] = mates, [EXAM_STEP] = step, [EXAM_CORRECT] = correct,
};
