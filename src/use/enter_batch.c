/* Use case "enter many": what another authority's machine has gathered, one record a line; each is the use case "enter something" (enter.c), in the order
 * of the lines, with an answer of its own. Lines gather in a *wave*, which is written together and made durable by one commit of the writer's group.
 *
 * Invariants: 1. a line is judged on what the lines before it have recorded: where it names something that a line of the open wave changes (a
 * firearm, a permit that is issued, a mark, a new person's number, the same key), that wave is committed first. So a batch of unlike things is one wave; marks
 * one character apart (a warning of likely the same gun) are not compared within it. 2. nothing is answered before it is durable: answers are kept until the
 * last wave is. 3. a line that is refused takes nothing back of the others. 4. an order (protection_order) is a wave of its own: it is over
 * whatever its person has. */
#include "use/enter_in.h"
#include "base/hash.h"
#include "use/writer.h"
#include "base/banned.h"

#define WAVE_MEMORY ((size_t)96 << 20) /* of the desk's arena; more begins another wave */
#define REFS_LINE 24                   /* what one line may touch */

struct line {
    size_t i; /* of the request's */
    struct people_ask in;
    struct entering x;
    struct recording r;
};
struct ref {
    uint64_t mark; /* of a hash: two that are alike by chance cost a commit */
    bool changes;  /* later lines that name it come after this one's commit */
};
struct batch {
    struct app *app;
    const struct people_ask *in;
    struct people *people;
    struct writer *writer;
    struct arena arena; /* answers and what is as long as the request */
    struct slice *answer;
    struct desk *desk;  /* of the open wave and all that was judged beside it; NULL: taken with the next line */
    struct line **wave;
    void **job;         /* beside it: the recordings */
    enum err *err;
    struct fault *fault;
    size_t wave_n, ref_n;
    bool alone;         /* the wave holds an order */
    uint64_t *ref;      /* what the wave changes */
};

/* ---- answers ---- */

static int status_of(enum err e)
{
    if (e == ERR_REFUSED)
        return 403;
    if (e == ERR_NOT_FOUND)
        return 404;
    if (e == ERR_EXISTS || e == ERR_CONFLICT)
        return 409;
    return err_who(e) == ERR_CALLER ? 400 : 503;
}

static bool unseen(enum err e, const struct fault *f)
{
    return e == ERR_REFUSED && strcmp(f->field, "warned") == 0;
}

static int put_outcome(const struct line *n, enum err e, const struct fault *f, struct cj *j)
{
    const struct entering *x = &n->x;
    if (unseen(e, f)) {
        cj_kstr(j, "kind", slice_str(x->kind->name));
        cj_key(j, "warnings");
        cj_raw(j, buf_view(&x->warnings));
        cj_kstr(j, "warned", slice_str(x->warned));
        return 409;
    }
    if (e) {
        struct fault said = *f;
        said.code = e;
        enter_put_problems(j, n->in.lang, NULL, &said, 1);
        return status_of(e);
    }
    if (!x->entry->problem_count)
        return enter_put_recorded(&n->r, j);
    cj_kstr(j, "kind", slice_str(x->kind->name));
    enter_put_problems(j, n->in.lang, x->kind, x->entry->problem, x->entry->problem_count);
    return 400;
}

/* {"line", "key", ..., "status"} and an end of line. ERR_MEMORY alone. */
static enum err keep_answer(struct batch *b, const struct line *n, enum err e, const struct fault *f)
{
    struct buf text;
    struct cj j;
    buf_init(&text, 1u << 20);
    cj_open_loose(&j, &text);
    cj_obj(&j);
    cj_kint(&j, "line", (int64_t)b->in->line[n->i].number);
    if (n->in.form)
        cj_kstr_opt(&j, "key", ask_field(&n->in, "key"));
    int status = put_outcome(n, e, f, &j);
    cj_kint(&j, "status", status);
    cj_obj_end(&j);
    buf_byte(&text, '\n');
    if (!text.err)
        b->answer[n->i] = arena_copy(&b->arena, buf_view(&text));
    enum err bad = text.err || !b->answer[n->i].p ? ERR_MEMORY : OK;
    buf_free(&text);
    return bad;
}

/* ---- what a line touches ---- */

struct refs {
    struct ref ref[REFS_LINE];
    size_t n;
    bool full;
};

static void touch(struct refs *r, char what, struct slice s, bool changes)
{
    struct hash_stream *h;
    if (!s.n)
        return;
    if (r->n == REFS_LINE || !(h = hash_begin())) {
        r->full = true;
        return;
    }
    hash_add(h, &what, 1);
    hash_add(h, s.p, s.n);
    struct hash sum = hash_done(h);
    memcpy(&r->ref[r->n].mark, sum.b, sizeof r->ref->mark);
    r->ref[r->n++].changes = changes;
}

static void touch_id(struct refs *r, const struct subject_id *id)
{
    if (!subject_none(id))
        touch(r, 's', slice_of((const char *)id->b, sizeof id->b), true);
}

/* Marks that fold to one key are the same mark here (O and 0). */
static void touch_mark(struct refs *r, struct slice serial)
{
    struct mark_key key[MARK_KEYS];
    size_t n = mark_keys(serial, key, NULL);
    for (size_t i = 0; i < n; i++)
        touch(r, 'm', slice_of((const char *)&key[i], sizeof key[i]), true);
}

static void touched(const struct entering *x, struct refs *r)
{
    const struct entry *e = x->entry;
    bool issues = entry_has(x->kind, EFFECT_GRANT) || entry_has(x->kind, EFFECT_END);
    *r = (struct refs){.n = 0};
    touch(r, 'k', slice_of((const char *)x->draft.id.b, sizeof x->draft.id.b), true);
    touch(r, 'f', e->firearm, true);
    touch(r, 'f', e->other, true);
    touch(r, 'r', e->record, true);
    touch(r, 'p', e->ev.permit, issues);
    for (size_t i = 0; i < e->mark.serial_count; i++)
        touch_mark(r, e->mark.serial[i]);
    for (size_t i = 0; i < e->ev.party_count; i++)
        if (e->party_new[i])
            touch(r, 'd', e->ev.party[i].document, true);
    if (e->has_item && !e->item_new)
        touch_id(r, &e->item);
    if (e->has_other)
        touch_id(r, &e->other_item);
    if (e->has_permit && !e->permit_new)
        touch_id(r, &e->permit);
    for (size_t i = 0; i < e->replaced_count; i++)
        touch_id(r, &e->replaced[i].id);
}

/* Invariants 1 and 4. */
static bool comes_after(const struct batch *b, const struct entering *x, const struct refs *r)
{
    if (!b->wave_n)
        return false;
    if (r->full || b->alone || x->entry->ordered)
        return true;
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < b->ref_n; k++)
            if (b->ref[k] == r->ref[i].mark)
                return true;
    return false;
}

static void join(struct batch *b, struct line *n, const struct refs *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->ref[i].changes)
            b->ref[b->ref_n++] = r->ref[i].mark;
    b->alone = n->x.entry->ordered || r->full;
    b->job[b->wave_n] = &n->r;
    b->wave[b->wave_n++] = n;
}

/* ---- waves ---- */

static void rest(const struct batch *b, bool rests)
{
    if (b->in->rest)
        b->in->rest(b->in->pool, rests);
}

static void write_wave(struct batch *b)
{
    struct fault f = {0};
    desk_rest(b->app, b->desk);
    rest(b, true);
    enum err e = writer_do_all(b->writer, enter_write, b->job, b->wave_n, b->err, b->fault, &f);
    rest(b, false);
    app_look(b->app);
    for (size_t i = 0; e && i < b->wave_n; i++) {
        b->err[i] = e;
        b->fault[i] = f;
    }
}

static void ask_for(const struct batch *b, size_t i, struct people_ask *out)
{
    *out = *b->in;
    out->form = b->in->line[i].form;
    out->id = out->form ? ask_field(out, "kind") : SLICE("");
    out->line_count = 0;
}

/* As one record that is sent: again until what it is decided on holds still. */
static enum err enter_alone(struct batch *b, size_t i)
{
    struct line n = {.i = i};
    struct fault f = {0};
    ask_for(b, i, &n.in);
    n.r.x = &n.x;
    enum err e = enter_open(&n.x, b->app, &n.in, &f);
    if (!e && !(e = enter_take(&n.x, &f)))
        e = enter_record(&n.x, &n.r, &f);
    e = keep_answer(b, &n, e, &f);
    enter_close(&n.x);
    return e;
}

/* Writes the wave, keeps its answers, and gives up the desk with all that was read at it. */
static enum err flush(struct batch *b)
{
    enum err e = OK;
    size_t moved[BATCH_LINES], moved_n = 0;
    if (b->wave_n)
        write_wave(b);
    for (size_t i = 0; i < b->wave_n; i++) {
        struct line *n = b->wave[i];
        if (b->err[i] == ERR_CONFLICT) /* another's record came between */
            moved[moved_n++] = n->i;
        else if (!e)
            e = keep_answer(b, n, b->err[i], &b->fault[i]);
        buf_free(&n->x.warnings);
    }
    b->wave_n = b->ref_n = 0;
    b->alone = false;
    if (b->desk)
        desk_give(b->app, b->desk);
    b->desk = NULL;
    for (size_t i = 0; i < moved_n && !e; i++)
        e = enter_alone(b, moved[i]);
    return e;
}

/* A line's place at the wave's desk. */
static enum err begin(struct batch *b, size_t i, struct line **out, struct fault *f)
{
    enum err e = b->desk ? OK : desk_take(b->app, &b->desk, f);
    if (e)
        return e;
    struct line *n = arena_alloc(&b->desk->arena, sizeof *n);
    struct entry *entry = arena_alloc(&b->desk->arena, sizeof *entry);
    if (!n || !entry)
        return fault_set(f, ERR_MEMORY, "entry", SLICE(""), "");
    *n = (struct line){.i = i};
    ask_for(b, i, &n->in);
    n->x = (struct entering){.app = b->app, .in = &n->in, .people = b->people, .desk = b->desk, .entry = entry};
    n->r.x = &n->x;
    buf_init(&n->x.warnings, 1u << 20);
    *out = n;
    return OK;
}

/* Who says "check" must not find it recorded. */
static enum err judge(struct line *n, bool *write, struct fault *f)
{
    struct slice what = n->in.form ? ask_field(&n->in, "what") : SLICE("");
    enum err e = enter_take(&n->x, f);
    if (!e && what.n && !slice_is(what, "record"))
        e = fault_set(f, ERR_UNKNOWN_CODE, "what", what, "want.lines_record");
    return e ? e : enter_prepare(&n->x, &n->r, write, f);
}

static enum err do_line(struct batch *b, size_t i, struct fault *f)
{
    struct line *n;
    struct refs refs;
    struct fault said = {0};
    bool write = false;
    enum err of_line, e = b->desk && b->desk->arena.used > WAVE_MEMORY ? flush(b) : OK;
    if (e || (e = begin(b, i, &n, f)))
        return e;
    of_line = judge(n, &write, &said);
    if (!n->in.form || !n->x.kind) {
        e = keep_answer(b, n, of_line, &said);
        buf_free(&n->x.warnings);
        return e;
    }
    touched(&n->x, &refs);
    if (comes_after(b, &n->x, &refs)) { /* whatever was found of it, it is judged on what those before it recorded */
        buf_free(&n->x.warnings);
        said = (struct fault){0};
        if ((e = flush(b)) || (e = begin(b, i, &n, f)))
            return e;
        of_line = judge(n, &write, &said);
        touched(&n->x, &refs);
    }
    if (!of_line && write) {
        join(b, n, &refs);
        return OK;
    }
    e = keep_answer(b, n, of_line, &said);
    buf_free(&n->x.warnings);
    return e;
}

static enum err unreadable(struct batch *b, size_t i)
{
    struct line n = {.i = i};
    ask_for(b, i, &n.in);
    return keep_answer(b, &n, b->in->line[i].fault.code, &b->in->line[i].fault);
}

/* ---- all ---- */

static enum err prepare(struct batch *b, struct fault *f)
{
    size_t n = b->in->line_count;
    b->answer = arena_array(&b->arena, n, sizeof *b->answer);
    b->wave = arena_array(&b->arena, n, sizeof *b->wave);
    b->job = arena_array(&b->arena, n, sizeof *b->job);
    b->err = arena_array(&b->arena, n, sizeof *b->err);
    b->fault = arena_array(&b->arena, n, sizeof *b->fault);
    b->ref = arena_array(&b->arena, n * REFS_LINE, sizeof *b->ref);
    bool there = b->answer && b->wave && b->job && b->err && b->fault && b->ref;
    enum err e = there ? app_people(b->app, &b->people, f) : fault_set(f, ERR_MEMORY, "lines", SLICE(""), "");
    return e ? e : app_writer(b->app, &b->writer, f);
}

DOOR_FN(door_enter_batch)
{
    struct batch b = {.app = app, .in = in};
    arena_init(&b.arena, (size_t)64 << 20);
    enum err e = prepare(&b, f);
    for (size_t i = 0; !e && i < in->line_count; i++)
        e = in->line[i].form ? do_line(&b, i, f) : unreadable(&b, i);
    enum err last = flush(&b); /* what was taken is written also when a later line ended the request: sent again, its key finds it */
    e = e ? e : last;
    for (size_t i = 0; !e && i < in->line_count; i++)
        buf_slice(out->out->out, b.answer[i]);
    arena_free(&b.arena);
    if (e && !f->code)
        fault_set(f, e, "lines", SLICE(""), "");
    return e ? e : out->out->out->err;
}
