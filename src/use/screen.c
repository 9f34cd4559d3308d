#include "use/screen.h"
#include "base/arena.h"
#include "base/file.h"
#include "use/words.h"

#include <stdio.h>
#include "base/banned.h"

struct query {
    struct surface surface;
    struct hash sha;
    struct slice class[CLASS_FIELDS];
    bool open;
};

/* ---- the query ---- */

static enum err read_path(const char *path, struct query *q, struct fault *f)
{
    struct buf b;
    struct x3p x;
    buf_init(&b, X3P_FILE_MAX);
    enum err e = file_read(path, &b, f);
    if (!e) {
        q->sha = hash_of(b.p, b.n);
        e = x3p_read(buf_view(&b), &x, f);
    }
    buf_free(&b);
    if (e)
        return e;
    e = x3p_surface(&x, X3P_AS_STATED, &q->surface, f);
    x3p_free(&x);
    return e;
}

static const struct specimen *of_bytes(const struct collection *c, const struct hash *sha)
{
    for (size_t i = 0; i < c->count; i++)
        if (hash_eq(&c->item[i].sha, sha))
            return &c->item[i];
    return NULL;
}

/* What the query itself is known to be is asked for, but for what a firearm may change: make is supposed, ammunition is bought. */
static void own_class(const struct collection *c, struct query *q)
{
    static const enum class_field kept[] = {CLASS_CALIBRE, CLASS_FIRING_PIN};
    const struct specimen *s = of_bytes(c, &q->sha);
    for (size_t i = 0; s && i < sizeof kept / sizeof *kept; i++)
        if (!q->class[kept[i]].n)
            q->class[kept[i]] = s->class[kept[i]];
}

static enum err read_query(const struct use_screen_in *in, const struct collection *c, struct query *q, struct fault *f)
{
    enum err e = in->path ? read_path(in->path, q, f) : collection_surface(c, in->specimen, &q->surface, NULL, &q->sha, f);
    q->open = !e;
    memcpy(q->class, in->class, sizeof q->class);
    if (!e)
        own_class(c, q);
    return e;
}

/* ---- reasons ---- */

static void say(struct cj *j, const struct lang *l, const char *key, const struct lang_arg *args, size_t n)
{
    struct buf b;
    buf_init(&b, 1u << 14);
    lang_put(l, LANG_PLAIN, &b, key, args, n);
    cj_str(j, buf_view(&b));
    buf_free(&b);
}

static void say_class(struct cj *j, const struct lang *l, const struct specimen *s, const struct query *q)
{
    static const char *const keys[] = {"screen.class_no", "screen.class_open", "screen.class_yes"};
    for (int i = 0; i < CLASS_FIELDS; i++) {
        struct slice one[CLASS_FIELDS] = {{NULL, 0}};
        struct buf label;
        char key[40];
        if (!slice_trim(q->class[i]).n)
            continue;
        one[i] = q->class[i];
        snprintf(key, sizeof key, "class.%s", class_names[i]);
        buf_init(&label, 1u << 10);
        lang_plain(l, &label, key);
        const struct lang_arg args[] = {lang_s("label", buf_view(&label)), lang_s("is", s->class[i]), lang_s("asked", q->class[i])};
        say(j, l, keys[collection_match(s, one)], args, 3);
        buf_free(&label);
    }
}

static void say_why(struct cj *j, const struct lang *l, const struct mate_candidate *c, const struct specimen *s, const struct query *q, uint64_t screened)
{
    char score[24];
    snprintf(score, sizeof score, "%.3g", c->score);
    const struct lang_arg args[] = {lang_n("rank", c->screen_rank), lang_n("of", (int64_t)screened), lang_n("cmc", c->cmc), lang_n("cells", c->cells),
        lang_z("score", score)};
    cj_key(j, "why");
    cj_arr(j);
    say_class(j, l, s, q);
    say(j, l, "screen.sieve", args, 5);
    say(j, l, c->score >= COMPARE_LEAD_SCORE ? "screen.cells_above" : "screen.cells_below", args, 5);
    cj_arr_end(j);
}

/* ---- the result ---- */

static void number(struct cj *j, const char *key, double v, int decimals)
{
    cj_key(j, key);
    cj_double(j, v, decimals);
}

static void put_candidate(struct cj *j, const struct lang *l, const struct mate_candidate *c, const struct specimen *s, const struct query *q,
    uint64_t screened, size_t rank)
{
    static const char *const matches[] = {"no", "open", "yes"};
    cj_obj(j);
    cj_kint(j, "rank", (int64_t)rank);
    cj_kstr(j, "file", s->file);
    number(j, "score", c->score, 2);
    cj_kint(j, "cmc", c->cmc);
    cj_kint(j, "cmc_high", c->cmc_high);
    cj_kint(j, "cells", c->cells);
    number(j, "theta", c->theta, 1);
    number(j, "dx_um", c->dx * 1e6, 0);
    number(j, "dy_um", c->dy * 1e6, 0);
    cj_key(j, "screen");
    cj_obj(j);
    cj_kint(j, "rank", c->screen_rank);
    number(j, "score", (double)c->screen.score, 2);
    cj_obj_end(j);
    cj_kstr(j, "match", slice_str(matches[c->match]));
    say_why(j, l, c, s, q, screened);
    cj_obj_end(j);
}

static void put_failed(struct cj *j, const struct lang *l, const struct mate_candidate *c, const struct specimen *s)
{
    struct buf b;
    buf_init(&b, 1u << 16);
    lang_fault(l, &c->fault, &b);
    cj_obj(j);
    cj_kstr(j, "file", s->file);
    cj_kstr(j, "reason", buf_view(&b));
    cj_obj_end(j);
    buf_free(&b);
}

static void put_asked(struct cj *j, const struct lang *l, const struct use_screen_in *in, const struct query *q)
{
    cj_kstr(j, "query", in->path ? slice_str(in->path) : in->specimen);
    cj_kstr(j, "rule", in->rule == CLASS_LOWER ? SLICE("lower") : SLICE("filter"));
    words_text(j, l, "rule_text", in->rule == CLASS_LOWER ? "screen.rule_lower" : "screen.rule_filter", NULL, 0);
    cj_key(j, "class");
    cj_arr(j);
    for (int i = 0; i < CLASS_FIELDS; i++) {
        char key[40];
        if (!q->class[i].n)
            continue;
        snprintf(key, sizeof key, "class.%s", class_names[i]);
        cj_obj(j);
        cj_kstr(j, "key", slice_str(class_names[i]));
        words_text(j, l, "label", key, NULL, 0);
        cj_kstr(j, "value", q->class[i]);
        cj_obj_end(j);
    }
    cj_arr_end(j);
}

static void put_counts(struct cj *j, const struct collection *c, const struct candidates *found)
{
    cj_key(j, "collection");
    cj_obj(j);
    cj_kint(j, "count", (int64_t)c->count);
    cj_kint(j, "unfit", (int64_t)found->unfit);
    cj_kint(j, "excluded", (int64_t)found->excluded);
    cj_kint(j, "without_print", (int64_t)found->without_print);
    cj_kint(j, "screened", (int64_t)found->screened);
    cj_obj_end(j);
}

static void put_result(struct cj *j, const struct use_screen_in *in, const struct collection *c, const struct query *q, const struct candidates *found)
{
    size_t rank = 0;
    cj_obj(j);
    put_asked(j, in->lang, in, q);
    put_counts(j, c, found);
    cj_key(j, "candidates");
    cj_arr(j);
    for (size_t i = 0; i < found->count && (!in->limit || rank < in->limit); i++)
        if (!found->item[i].fault.code)
            put_candidate(j, in->lang, &found->item[i], &c->item[found->item[i].specimen], q, found->screened, ++rank);
    cj_arr_end(j);
    cj_key(j, "failed");
    cj_arr(j);
    for (size_t i = 0; i < found->count; i++)
        if (found->item[i].fault.code)
            put_failed(j, in->lang, &found->item[i], &c->item[found->item[i].specimen]);
    cj_arr_end(j);
    words_text(j, in->lang, "note", "screen.note", NULL, 0);
    number(j, "millis_screen", (double)found->nanos_screen / 1e6, 1);
    number(j, "millis_compare", (double)found->nanos_compare / 1e6, 1);
    cj_obj_end(j);
}

struct tools {
    struct compare *compare;
    struct screen *screen;
    struct prints *prints;
};

static enum err search(const struct use_screen_in *in, const struct collection *c, const struct tools *t, struct cj *j, struct fault *f)
{
    struct query q = {.open = false};
    struct candidates found = {0};
    enum err e = read_query(in, c, &q, f);
    const struct candidates_ask ask = {c, t->prints, t->screen, t->compare, &q.surface, q.sha, q.class, in->rule, in->best, in->threads, in->stop,
        in->arg};
    if (!e)
        e = candidates_find(&ask, &found, f);
    if (!e)
        put_result(j, in, c, &q, &found);
    candidates_end(&found);
    if (q.open)
        surface_free(&q.surface);
    return e;
}

enum err use_screen(const struct use_screen_in *in, struct cj *out, struct fault *f)
{
    struct collection c;
    struct tools t = {0};
    if (in->best < 1 || in->best > SCREEN_BEST_MAX)
        return fault_set(f, ERR_RANGE, "best", SLICE(""), "want.screen_best");
    enum err e = collection_open(in->dir, &c, f);
    if (e)
        return e;
    if (!c.enrolled)
        e = fault_set(f, ERR_NOT_FOUND, "dir", slice_str(in->dir), "want.prints");
    if (!e)
        e = compare_new(&compare_standard, &t.compare, f);
    if (!e)
        e = screen_new(&t.screen, f);
    if (!e && (e = prints_open(in->dir, t.screen, &t.prints, f)) == ERR_NOT_FOUND)
        fault_set(f, e, PRINTS_FILE, slice_str(in->dir), "want.prints");
    if (!e)
        e = search(in, &c, &t, out, f);
    prints_close(t.prints);
    screen_free(t.screen);
    compare_free(t.compare);
    collection_close(&c);
    return e;
}

enum err use_prints(const char *dir, struct prints_ask *ask, struct prints_counts *out, struct fault *f)
{
    struct collection c;
    struct screen *s = NULL;
    enum err e = collection_open(dir, &c, f);
    if (e)
        return e;
    if (!c.enrolled)
        e = fault_set(f, ERR_NOT_FOUND, "dir", slice_str(dir), "want.prints");
    if (!e)
        e = screen_new(&s, f);
    ask->collection = &c;
    ask->screen = s;
    if (!e)
        e = prints_make(ask, out, f);
    screen_free(s);
    collection_close(&c);
    return e;
}
