/* Two specimens side by side: what is told of them, and the examiner's conclusion. The program's count and what others concluded stay closed until the visitor
 * has concluded: who has seen a score looks for what it promised. */
#include "use/ballistics_in.h"
#include "base/arena.h"
#include "use/people_in.h"
#include "use/words.h"
#include <math.h>
#include <stdio.h>
#include "base/banned.h"

/* ---- opening ---- */

struct subject_id examiner_of(const struct visitor *who)
{
    struct subject_id id = {{0}};
    if (who)
        memcpy(id.b, who->account, sizeof id.b);
    return id;
}

static enum err read_told(struct pair *p, struct fault *f)
{
    struct subject_id by = examiner_of(p->in->who);
    enum err e = desk_take(p->u->app, &p->desk, f);
    if (e)
        return e;
    e = store_begin(p->desk->store, f);
    if (!e)
        e = examination_list(p->desk->store, &p->desk->arena, &p->side[0].sha, &p->side[1].sha, &p->told, &p->told_count, f);
    store_rollback(p->desk->store);
    p->own = e ? NULL : examination_own(p->told, p->told_count, &by);
    return e;
}

enum err pair_begin(const struct use_ballistics *u, const struct use_pair_in *in, struct pair *out, struct fault *f)
{
    *out = (struct pair){.u = u, .in = in};
    enum err e = collection_open(u->dir, &out->collection, f);
    out->collection_open = !e;
    if (!e)
        e = side_read(&out->collection, "a", in->a, &out->side[0], f);
    if (!e)
        e = side_read(&out->collection, "b", in->b, &out->side[1], f);
    return e ? e : read_told(out, f);
}

void pair_end(struct pair *p)
{
    side_end(&p->side[0]);
    side_end(&p->side[1]);
    if (p->collection_open)
        collection_close(&p->collection);
    if (p->desk)
        desk_give(p->u->app, p->desk);
}

/* ---- the two ---- */

static void put_findings(struct cj *j, const struct lang *l, const struct x3p *x)
{
    struct buf b;
    buf_init(&b, 1u << 16);
    cj_key(j, "findings");
    cj_arr(j);
    for (size_t i = 0; i < x->finding_count; i++) {
        if (!x3p_is_warning(x->finding[i].code))
            continue;
        buf_reset(&b);
        x3p_finding_say(l, &x->finding[i], &b);
        cj_str(j, buf_view(&b));
    }
    cj_arr_end(j);
    buf_free(&b);
}

static void put_side(struct cj *j, const struct pair *p, const char *key, const struct side *s)
{
    cj_key(j, key);
    cj_obj(j);
    cj_kstr(j, "file", s->file);
    cj_kint(j, "nx", s->surface.nx);
    cj_kint(j, "ny", s->surface.ny);
    cj_kint(j, "points", (int64_t)s->meta.points);
    cj_kint(j, "missing", (int64_t)s->meta.missing);
    cj_key(j, "pitch_um");
    cj_double(j, s->surface.dx * 1e6, 3);
    cj_kstr_opt(j, "instrument", s->meta.text[X3P_MODEL]);
    cj_kstr_opt(j, "measured", measured_day(s->meta.text[X3P_DATE]));
    put_findings(j, p->in->lang, &s->meta);
    put_classes(j, p->in->lang, collection_find(&p->collection, s->file));
    put_corrected(j, p->in->lang, &s->corrected);
    cj_obj_end(j);
}

/* ---- conclusions ---- */

void examiner_words(const struct pair *p, const struct conclusion *c, struct buf *out)
{
    struct people *people;
    struct account x;
    bool found = false;
    if (!subject_none(&c->by) && !app_people(p->u->app, &people, NULL))
        found = !copy_account(people, &p->desk->arena, &c->by, &x, &found) && found;
    if (found && !x.name.n)
        lang_text(p->in->lang, out, "examine.by_login", lang_s("login", x.login), lang_s("office", c->office));
    else if (found)
        lang_text(p->in->lang, out, "examine.by", lang_s("name", x.name), lang_s("login", x.login), lang_s("office", c->office));
    else
        lang_plain(p->in->lang, out, subject_none(&c->by) ? "examine.by_nobody" : "examine.by_unknown");
}

/* In either order: the conclusion may have been entered with the two the other way round. */
static bool masks_moved(const struct pair *p, const struct conclusion *c)
{
    int first = hash_eq(&c->sha[0], &p->side[0].sha) ? 0 : 1;
    return !hash_eq(&c->mask[0], &p->side[first].corrected.id) || !hash_eq(&c->mask[1], &p->side[!first].corrected.id);
}

static void put_conclusion(struct cj *j, const struct pair *p, const struct conclusion *c)
{
    struct buf who;
    char when[25];
    const struct lang *l = p->in->lang;
    struct subject_id by = examiner_of(p->in->who);
    buf_init(&who, 1u << 12);
    examiner_words(p, c, &who);
    time_text(c->recorded, when);
    cj_obj(j);
    cj_kstr(j, "code", slice_str(c->code));
    put_key(j, l, "text", "conclusion.", c->code);
    cj_kbool(j, "own", subject_eq(&c->by, &by));
    cj_kstr(j, "who", buf_view(&who));
    cj_kstr(j, "at", slice_str(when));
    cj_kstr(j, "shown", slice_str(conclusion_shown_name(c->shown)));
    put_key(j, l, "shown_text", "shown.", conclusion_shown_name(c->shown));
    cj_kstr_opt(j, "note", c->note);
    cj_kstr_opt(j, "case", c->case_no);
    cj_kstr_opt(j, "settings", c->settings);
    if (masks_moved(p, c))
        words_text(j, l, "mask_moved", "pair.mask_moved", NULL, 0);
    cj_khex(j, "record", c->record.b, sizeof c->record.b);
    cj_obj_end(j);
    buf_free(&who);
}

/* Newest first. Without a conclusion of one's own only that there are others. */
static void put_conclusions(struct cj *j, const struct pair *p)
{
    cj_kbool(j, "concluded", p->own != NULL);
    if (!p->own) {
        if (p->told_count)
            cj_kint(j, "others", (int64_t)p->told_count);
        return;
    }
    put_key(j, p->in->lang, "conclusion", "conclusion.", p->own->code);
    cj_key(j, "conclusions");
    cj_arr(j);
    for (size_t i = p->told_count; i-- > 0;)
        put_conclusion(j, p, &p->told[i]);
    cj_arr_end(j);
}

static void put_offered(struct cj *j, const struct lang *l)
{
    cj_key(j, "offered");
    cj_arr(j);
    for (size_t i = 0; conclusion_code(i); i++) {
        cj_obj(j);
        cj_kstr(j, "code", slice_str(conclusion_code(i)));
        put_key(j, l, "text", "conclusion.", conclusion_code(i));
        put_key(j, l, "means", "conclusion_means.", conclusion_code(i));
        cj_obj_end(j);
    }
    cj_arr_end(j);
}

/* A surface that shows too little for the program does not keep the examiner from hers. */
static enum err put_result(struct cj *j, const struct pair *p, struct fault *f)
{
    struct compare_result *r;
    struct fault why = {0};
    if (!p->own)
        return OK;
    enum err e = pair_compare(p, &r, &why);
    if (e == ERR_MEMORY) {
        *f = why;
        return e;
    }
    if (e) {
        words_text(j, p->in->lang, "no_result", "pair.no_result", NULL, 0);
        return OK;
    }
    cj_key(j, "result");
    pair_json(p, r, j);
    mem_free(r);
    return OK;
}

enum err use_pair(const struct use_ballistics *u, const struct use_pair_in *in, struct cj *j, struct fault *f)
{
    struct pair p;
    enum err e = pair_begin(u, in, &p, f);
    if (!e) {
        cj_obj(j);
        put_side(j, &p, "a", &p.side[0]);
        put_side(j, &p, "b", &p.side[1]);
        put_conclusions(j, &p);
        put_offered(j, in->lang);
        e = put_result(j, &p, f);
        cj_obj_end(j);
    }
    pair_end(&p);
    return e;
}

/* ---- concluding ---- */

static enum err judge(const struct use_conclude_in *in, struct conclusion *c, struct fault *f)
{
    if (!in->conclusion.n)
        return fault_set(f, ERR_MISSING, "conclusion", SLICE(""), "want.conclusion");
    if (!(c->code = conclusion_known(in->conclusion)))
        return fault_set(f, ERR_UNKNOWN_CODE, "conclusion", in->conclusion, "want.conclusion");
    if (in->note.n > CONCLUSION_NOTE)
        return fault_set(f, ERR_TOO_LONG, "note", SLICE(""), "want.short_text");
    if (slice_utf8_fault(in->note) >= 0 || slice_nul(in->note) >= 0)
        return fault_set(f, ERR_ENCODING, "note", SLICE(""), "want.utf8");
    return OK;
}

static void state_pair(const struct pair *p, const struct use_conclude_in *in, struct conclusion *c)
{
    for (int i = 0; i < 2; i++) {
        c->file[i] = p->side[i].file;
        c->sha[i] = p->side[i].sha;
        c->mask[i] = p->side[i].corrected.id;
    }
    c->note = in->note;
    c->shown = in->from_list ? SHOWN_LIST : SHOWN_SURFACES;
    c->by = examiner_of(in->who);
    c->office = slice_str(in->who->office);
    c->case_no = slice_str(in->who->case_no);
}

enum err use_conclude(const struct use_ballistics *u, const struct use_conclude_in *in, struct hash *out_record, struct fault *f)
{
    struct pair p = {.desk = NULL};
    struct buf settings;
    struct conclusion c = {0};
    const struct use_pair_in pair = {.who = in->who, .a = in->a, .b = in->b};
    enum err e = judge(in, &c, f);
    if (e)
        return e;
    buf_init(&settings, 1024);
    e = pair_begin(u, &pair, &p, f);
    if (!e) {
        state_pair(&p, in, &c);
        pair_settings(u, &settings);
        c.settings = buf_view(&settings);
        e = examination_add(u->app, &c, f);
    }
    if (!e)
        *out_record = c.record;
    pair_end(&p);
    buf_free(&settings);
    return e;
}
