/* What an officer should know before he sends: the same mark elsewhere, a look-alike, words that no list has, what the firearm's life then
 * contradicts, permits that do not fit. Warnings, all of them: what has happened is recorded. Refused is only what would be an authorisation
 * (a permit for somebody under a protection order) and the correction of another office's record.
 *
 * Invariants: 1. no name that is on record is told, to nobody: `holder` is the holder, not his name (who reads it opens the firearm, and that is logged).
 * 2. who may not read names is told nothing that is on record of a person: not whether a number is known under another name, whether somebody is the
 * holder or under an order. Of the permit that was shown to him he is told that it does not do, not why. All of it is recorded, and officers see it.
 * 3. nor does the time of an answer tell him: no record of a person whom he names is opened for him (counted in tests/unit/test_entry.c). */
#include "use/enter_in.h"
#include "use/orders.h"
#include "use/party.h"
#include "trace/line.h"
#include <ctype.h>
#include <stdio.h>
#include "base/banned.h"

#define SAME_SHOWN 6
#define SAME_READ 200

struct judging {
    struct entering *x;
    struct cj j;
    struct fault *f;
    bool persons; /* may he be told what is on record of persons? */
    struct subject_id seen[SAME_SHOWN];
    size_t seen_n;
};

static void begin(struct judging *g, const char *key, const struct lang_arg *args, size_t n)
{
    cj_obj(&g->j);
    cj_kstr(&g->j, "key", slice_str(key));
    words_text(&g->j, g->x->in->lang, "text", key, args, n);
    g->x->warning_count++;
}

static void warn(struct judging *g, const char *key, const struct lang_arg *args, size_t n)
{
    begin(g, key, args, n);
    cj_obj_end(&g->j);
}
#define WARN(g, key, ...) warn(g, key, (const struct lang_arg[]){__VA_ARGS__}, sizeof((const struct lang_arg[]){__VA_ARGS__}) / sizeof(struct lang_arg))

/* ---- the same mark ---- */

static bool seen(struct judging *g, const struct subject_id *id)
{
    for (size_t i = 0; i < g->seen_n; i++)
        if (subject_eq(&g->seen[i], id))
            return true;
    return (g->x->entry->has_item && subject_eq(&g->x->entry->item, id)) || g->seen_n == SAME_SHOWN;
}

static bool differ(const struct term_text *a, const struct term_text *b)
{
    return a->answer == TERM_LISTED && b->answer == TERM_LISTED && a->number != b->number;
}

static struct slice word_for(enum term_list list, const struct term_text *t)
{
    return t->answer == TERM_LISTED ? slice_str(term_label(list, t->number)) : t->text;
}

/* Exact, or a look-alike (O for 0)? Both fold to one key. */
static bool same_text(const struct event *ev, struct slice serial)
{
    for (size_t m = 0; m < ev->mark_count; m++)
        for (size_t i = 0; i < ev->mark[m].serial_count; i++)
            if (slice_eq(ev->mark[m].serial[i], serial))
                return true;
    return false;
}

static void put_same(struct judging *g, const struct event *ev, const struct subject_id *id, unsigned tier)
{
    const struct entry *x = g->x->entry;
    bool other = differ(&x->ev.item.make, &ev->item.make), exact = !tier && same_text(ev, x->mark.serial[0]);
    const char *key = tier ? "entry.near_mark" : !exact ? "entry.look_alike" : other ? "entry.same_mark_other_make" : "entry.same_mark";
    struct slice mark = ev->mark_count ? ev->mark[0].text : SLICE("");
    struct slice make = word_for(TERM_MAKE, &ev->item.make), model = ev->item.model;
    const char *gun = arena_printf(&g->x->desk->arena, SLICE_FMT "%s" SLICE_FMT, SLICE_ARG(make), make.n && model.n ? " " : "", SLICE_ARG(model));
    begin(g, key, (const struct lang_arg[]){lang_s("mark", mark), lang_z("gun", gun ? gun : ""), lang_z("has_gun", gun && *gun ? "yes" : "no")}, 3);
    cj_khex(&g->j, "subject", id->b, sizeof id->b);
    cj_kstr_opt(&g->j, "external_id", ev->id_count ? ev->id[0].id : SLICE(""));
    cj_obj_end(&g->j);
    g->seen[g->seen_n++] = *id;
}

static enum err look_at(struct judging *g, uint32_t row, unsigned tier)
{
    struct desk *d = g->x->desk;
    struct slice bytes;
    struct record r;
    struct subject_id id;
    int64_t received;
    struct event *ev = arena_alloc(&d->arena, sizeof *ev);
    const struct entry *x = g->x->entry;
    enum err e = ev ? store_read(d->store, &d->arena, row, &bytes, &received, g->f) : ERR_MEMORY;
    if (e || record_parse(bytes, &r) || !record_item(&r, &id) || seen(g, &id))
        return e;
    if ((e = store_event(d->store, &d->arena, bytes, row, received, SHOW_BODY, ev, NULL, g->f)))
        return e;
    bool close = !differ(&x->ev.item.make, &ev->item.make) && !differ(&x->ev.item.type, &ev->item.type) &&
        !differ(&x->ev.item.calibre, &ev->item.calibre) && x->ev.item.make.answer == TERM_LISTED && ev->item.make.answer == TERM_LISTED;
    if (!tier || close) /* one error away is worth a word only where the firearm agrees */
        put_same(g, ev, &id, tier);
    return OK;
}

static enum err judge_mark(struct judging *g, struct index_view *v)
{
    struct entry *x = g->x->entry;
    struct pattern *p = arena_alloc(&g->x->desk->arena, sizeof *p);
    struct hits h;
    enum err e = OK;
    if (!p || !x->mark.serial_count || x->mark.status == MARK_PARTIAL || pattern_parse(x->mark.serial[0], p, NULL))
        return OK;
    hits_init(&h, SAME_READ);
    for (unsigned tier = 0; !e && tier < 2; tier++) {
        hits_clear(&h);
        e = index_tier(v, p, tier, &h);
        for (size_t i = 0; !e && i < h.count && g->seen_n < SAME_SHOWN; i++)
            e = look_at(g, h.hit[i].row, tier);
    }
    hits_free(&h);
    return e;
}

enum err enter_index_take(struct entering *x, struct enter_index *ix, struct fault *f)
{
    const struct ranker *r;
    uint64_t size;
    ix->view = NULL;
    return x->entry->mark.serial_count ? app_index(x->app, x->desk, &ix->view, &r, &size, f) : OK;
}

void enter_index_give(struct enter_index *ix)
{
    if (ix->view)
        index_release(ix->view);
}

/* ---- what it is ---- */

static void judge_words(struct judging *g)
{
    const struct item_description *d = &g->x->entry->ev.item;
    const struct event_mark *m = &g->x->entry->mark;
    const struct {
        const char *key;
        const struct term_text *t;
    } terms[] = {{"entry.make_not_listed", &d->make}, {"entry.calibre_not_listed", &d->calibre}, {"entry.type_not_listed", &d->type},
        {"entry.country_not_listed", &d->country}};
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        if (terms[i].t->answer == TERM_UNLISTED)
            WARN(g, terms[i].key, lang_s("text", terms[i].t->text));
    if (d->type.number && d->calibre.number && term_incompatible(d->type.number, d->calibre.number))
        warn(g, "entry.calibre_unlikely", NULL, 0);
    const char *serial = m->serial_count && d->make.answer == TERM_LISTED ? term_serial_warning(d->make.number, m->serial[0], d->year) : NULL;
    if (serial)
        warn(g, serial, NULL, 0);
}

/* ---- its life ---- */

static enum err open_life(struct judging *g, struct event **out, size_t *n)
{
    struct desk *d = g->x->desk;
    uint64_t *at;
    size_t count;
    enum err e = store_subject_positions(d->store, &d->arena, &g->x->entry->item, &at, &count, g->f);
    *n = 0;
    *out = e ? NULL : arena_array(&d->arena, count + 1, sizeof **out);
    if (!e && !*out)
        e = ERR_MEMORY;
    for (size_t i = 0; !e && i < count; i++) {
        struct slice bytes;
        int64_t received;
        if (!(e = store_read(d->store, &d->arena, at[i], &bytes, &received, g->f)))
            e = store_event(d->store, &d->arena, bytes, at[i], received, SHOW_BODY, &(*out)[(*n)++], NULL, g->f);
    }
    return e;
}

/* The entry as an event, as if it were recorded now. */
static void as_event(struct judging *g, int64_t now, struct event *out)
{
    const struct entry *x = g->x->entry;
    struct record_header h = {.kind = x->ev.kind, .happened = x->ev.happened, .discovered = x->ev.discovered, .recorded = now,
        .office = slice_str(g->x->in->who->office), .supersedes_count = x->replaced_count ? 1 : 0, .subject_count = 1,
        .subject = {{SUBJECT_ITEM, x->item}}};
    struct hash id;
    memset(&id, 0xff, sizeof id);
    if (x->has_other)
        h.subject[h.subject_count++] = (struct record_subject){SUBJECT_ITEM, x->other_item};
    if (!when_known(&h.happened) && x->replaced_count)
        h.happened = x->replaced_happened;
    *out = x->ev;
    out->supersedes = &x->replaces;
    for (size_t i = 0; i < x->ev.party_count; i++)
        if (x->who[i] == WHO_HOLDER) /* invariant 1 */
            out->party[i].name = out->party[i].document = out->party[i].address = SLICE("");
    body_state(out, &h, &id, x->kind);
}

static bool of_persons(enum item_clash_kind k)
{
    return k == CLASH_TWO_OWNERS || k == CLASH_NOT_HOLDER;
}

static enum err judge_life(struct judging *g)
{
    struct entry *x = g->x->entry;
    struct event *life;
    size_t n;
    const struct line *line;
    struct line_input in = {.item = x->item, .profile = g->x->profile, .as_of = INT64_MAX, .known = INT64_MAX,
        .now = g->x->app->clock(g->x->app->arg)};
    if (!x->has_item || x->item_new)
        return OK;
    enum err e = open_life(g, &life, &n);
    if (e)
        return e;
    as_event(g, in.now, &life[n]);
    in.event = life;
    in.count = n + 1;
    if ((e = line_build(&g->x->desk->arena, &in, &line, g->f)))
        return e;
    for (size_t i = 0; i < line->clash_count; i++)
        for (size_t k = 0; k < 2 && (g->persons || !of_persons(line->clash[i].kind)); k++) {
            size_t step = line->clash[i].step[k];
            if (step == LINE_NONE || line->step[step].e->record.b[0] != 0xff || line->step[step].e->record.b[31] != 0xff ||
                line->step[step].e->position)
                continue;
            cj_obj(&g->j);
            note_json(g->x->in->lang, line->clash[i].what, &g->j);
            cj_kbool(&g->j, "contradiction", true);
            cj_obj_end(&g->j);
            g->x->warning_count++;
            break;
        }
    return OK;
}

/* ---- permits and persons ---- */

static int party_as(const struct entry *x, const char *role)
{
    for (size_t i = 0; i < x->ev.party_count; i++)
        if (slice_is(x->ev.party[i].role, role))
            return (int)i;
    return -1;
}

static enum err judge_permit(struct judging *g, const struct party_ref *to, bool order)
{
    struct entry *x = g->x->entry;
    struct store *s = g->x->desk->store;
    struct subject_id hit[8];
    struct permit_seen p = {.state = PERMIT_VALID};
    size_t n = 0;
    bool found = false;
    if (!x->ev.permit.n) {
        if (to->cls == PARTY_PERSON && form_asked(&x->kind->form, FIELD_PERMIT))
            warn(g, "entry.no_permit", NULL, 0);
        return OK;
    }
    enum err e = store_external(s, x->ev.permit, hit, 8, &n, g->f);
    for (size_t i = 0; !e && i < n && !found; i++)
        e = store_permit(s, &hit[i], &p, &found, g->f);
    if (e)
        return e;
    struct lang_arg number = lang_s("permit", x->ev.permit);
    bool another = found && !subject_none(&p.holder) && !subject_eq(&p.holder, &to->id);
    if (!g->persons) {
        if (order || another || !found || p.state != PERMIT_VALID)
            warn(g, "entry.permit_ask", &number, 1);
        return OK;
    }
    if (!found)
        warn(g, "entry.permit_unknown", &number, 1);
    else if (p.state == PERMIT_ENDED)
        warn(g, "entry.permit_ended", &number, 1);
    else if (p.state == PERMIT_SUSPENDED)
        warn(g, "entry.permit_suspended", &number, 1);
    if (another)
        warn(g, "entry.permit_of_another", &number, 1);
    return OK;
}

/* An order against somebody who is on record under no such number would suspend nothing, and nobody would notice. */
static void judge_order(struct judging *g)
{
    const struct entry *x = g->x->entry;
    if (g->persons && x->ordered && !x->record.n && !x->more_count)
        warn(g, "entry.order_over_nothing", NULL, 0);
}

static enum err judge_giver(struct judging *g)
{
    int from = party_as(g->x->entry, "from");
    bool order = false;
    enum err e = from < 0 ? OK : orders_against(g->x->desk, &g->x->entry->ev.party[from].id, &order, g->f);
    if (!e && order && g->persons)
        warn(g, "entry.giver_under_order", NULL, 0);
    return e;
}

static enum err judge_persons(struct judging *g)
{
    struct entry *x = g->x->entry;
    bool granting = entry_has(x->kind, EFFECT_GRANT), passing = entry_has(x->kind, EFFECT_OWNER) || entry_has(x->kind, EFFECT_POSSESSOR), order = false;
    int to = party_as(x, "to");
    judge_order(g);
    enum err e = passing ? judge_giver(g) : OK;
    if (e || to < 0)
        return e;
    const struct party_ref *p = &x->ev.party[to];
    if ((granting || passing) && !(e = orders_against(g->x->desk, &p->id, &order, g->f)) && order) {
        if (granting) /* an authorisation */
            entry_problem(x, ERR_REFUSED, "to", p->name, g->persons ? "say.under_order" : "say.ask_office");
        else if (g->persons)
            warn(g, "entry.under_order", NULL, 0);
    }
    return e || !passing ? e : judge_permit(g, p, order);
}

static bool same_name(struct slice a, struct slice b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++)
        if (tolower((unsigned char)a.p[i]) != tolower((unsigned char)b.p[i]))
            return false;
    return a.n == b.n;
}

/* Who is on record already is called as typed; who is only said to be the holder is called as on record. */
static enum err judge_known(struct judging *g)
{
    struct entry *x = g->x->entry;
    enum err e = OK;
    for (size_t i = 0; !e && i < x->ev.party_count; i++) {
        struct party_ref *p = &x->ev.party[i], known;
        bool found = false;
        if (!g->persons && x->who[i] != WHO_HOLDER)
            continue; /* opened in vain it would be told by the time that it takes: invariant 3 */
        if (x->party_new[i] || subject_none(&p->id) || (e = party_known(g->x->desk, &g->x->desk->arena, &p->id, &known, &found, g->f)) || !found)
            continue;
        struct slice role = p->role;
        if (x->who[i] == WHO_HOLDER) {
            *p = known;
            p->role = role;
        } else if (known.name.n && !same_name(known.name, p->name))
            WARN(g, "entry.known_by_another_name", lang_s("document", p->document), lang_s("name", p->name));
    }
    return e;
}

/* ---- all ---- */

static void judge_replaced(struct judging *g)
{
    struct entry *x = g->x->entry;
    if (x->replaced_count && !slice_is(x->replaced_office, g->x->in->who->office))
        entry_problem(x, ERR_REFUSED, "record", x->replaced_office, "say.other_office");
}

static void name_warnings(struct entering *x)
{
    struct hash h = hash_of(x->warnings.p ? x->warnings.p : "", x->warnings.n);
    hex_of(h.b, 16, x->warned);
}

enum err enter_judge(struct entering *x, const struct enter_index *ix, struct fault *f)
{
    struct judging g = {.x = x, .f = f, .persons = visitor_may(x->in->who, RIGHT_NAMES)};
    buf_reset(&x->warnings);
    x->warning_count = 0;
    cj_open_loose(&g.j, &x->warnings);
    cj_arr(&g.j);
    judge_replaced(&g);
    judge_words(&g);
    enum err e = ix->view ? judge_mark(&g, ix->view) : OK;
    if (!e && !(e = judge_known(&g)) && !(e = judge_life(&g)))
        e = judge_persons(&g);
    cj_arr_end(&g.j);
    name_warnings(x);
    return e ? e : x->warnings.err;
}
