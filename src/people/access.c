#include "people/access.h"
#include "base/cjson.h"
#include <stdio.h>
#include "base/banned.h"

#define V_ID(id) V_BLOB((id)->b, sizeof (id)->b)
#define ENTRY_MAX 4096
#define COLUMNS "position, at, account, subject, entry, review, leaf, purpose, office, case_no"
#define COLUMN_COUNT 10

static const struct statement insert = {
    "INSERT INTO opening (position, at, account, subject, purpose, leaf, entry, review, office, case_no) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
static const struct statement to_review = {"SELECT " COLUMNS " FROM opening WHERE review = 1 ORDER BY position LIMIT $1"};
static const struct statement by_account = {
    "SELECT account, count(*) FROM opening WHERE at >= $1 GROUP BY account ORDER BY count(*) DESC, account LIMIT $2"};
static const struct statement by_purpose = {
    "SELECT purpose, count(*) FROM opening WHERE at >= $1 AND at < $3 GROUP BY purpose ORDER BY count(*) DESC, purpose LIMIT $2"};
static const struct statement waiting = {"SELECT account FROM opening WHERE position = $1 AND review = 1"};
static const struct statement judge = {"UPDATE opening SET review = $2 WHERE position = $1"};
static const struct statement count_old = {"SELECT count(*) FROM opening WHERE at < $1 AND entry IS NOT NULL"};
static const struct statement prune = {"UPDATE opening SET entry = NULL, office = x'', case_no = x'' WHERE at < $1 AND entry IS NOT NULL"};
static const struct statement from = {"SELECT " COLUMNS " FROM opening WHERE position >= $1 ORDER BY position LIMIT 1000"};

/* ---- the entry ---- */

static void write_entry(const struct opening *o, struct buf *out)
{
    char when[25];
    struct cj j;
    time_text(o->at, when);
    cj_open(&j, out);
    cj_obj(&j);
    cj_khex(&j, "account", o->account.b, sizeof o->account.b);
    cj_kstr(&j, "at", slice_str(when));
    cj_kstr_opt(&j, "case", o->case_no);
    cj_kstr(&j, "door", o->door);
    if (o->glass)
        cj_kbool(&j, "emergency", true);
    cj_kstr_opt(&j, "office", o->office);
    cj_kstr_opt(&j, "purpose", o->purpose);
    cj_khex(&j, "subject", o->subject.b, sizeof o->subject.b);
    cj_kstr_opt(&j, "who", o->who);
    cj_obj_end(&j);
}

static enum err read_entry(struct arena *a, struct slice entry, struct opening *o)
{
    struct cj_value *v;
    enum err e = cj_parse(a, entry, &v, NULL);
    if (e)
        return e;
    o->case_no = cj_get_str(v, "case");
    o->door = cj_get_str(v, "door");
    o->glass = cj_get_bool(v, "emergency");
    o->office = cj_get_str(v, "office");
    o->purpose = cj_get_str(v, "purpose");
    o->who = cj_get_str(v, "who");
    return OK;
}

/* ---- writing ---- */

static enum err load_tree(struct engine *e, struct tree *out, struct fault *f)
{
    struct arena a;
    struct slice bytes;
    arena_init(&a, 1u << 16);
    tree_init(out);
    enum err err = setting_get(e, &a, "access_tree", &bytes, f);
    if (!err && bytes.p && (err = tree_load(bytes, out)))
        fault_set(f, err, "openings", SLICE(""), "");
    arena_free(&a);
    return err;
}

static enum err append(void *arg, struct engine *e, struct fault *f)
{
    const struct opening *o = arg;
    struct tree t;
    struct buf entry, edge;
    enum err err = load_tree(e, &t, f);
    if (err)
        return err;
    buf_init(&entry, ENTRY_MAX);
    buf_init(&edge, TREE_BYTES_MAX);
    write_entry(o, &entry);
    err = entry.err ? fault_set(f, entry.err, "openings", SLICE(""), "") : OK;
    struct hash leaf = tree_leaf(buf_view(&entry));
    struct value in[] = {V_INT(t.size), V_INT(o->at), V_ID(&o->account), V_ID(&o->subject), V_SLICE(o->purpose), V_BLOB(leaf.b, sizeof leaf.b),
        V_SLICE(buf_view(&entry)), V_INT(o->review ? 1 : 0), V_SLICE(o->office), V_SLICE(o->case_no)};
    if (!err)
        err = engine_run(e, &insert, in, 10, f);
    tree_append(&t, &leaf);
    tree_save(&t, &edge);
    if (!err)
        err = edge.err ? edge.err : setting_put(e, "access_tree", buf_view(&edge), f);
    buf_free(&entry);
    buf_free(&edge);
    return err;
}

enum err access_write(struct box *b, const struct opening *o, struct fault *f)
{
    return box_write(b, append, (void *)(uintptr_t)o, f);
}

/* ---- reading ---- */

/* By what is rarest first: one statement each, so that each runs down one index. $1 how many, $2 and $3 the place before which, $4 and $5 the time, $6 to
 * $10 what else is asked for; NULL = any. */
#define ALSO(column, n) " AND ($" n " IS NULL OR " column " = $" n ")"
#define WITHIN "(at, position) < ($2, $3) AND at >= $4 AND at < $5"
#define FIND(first, rest) "SELECT " COLUMNS " FROM opening WHERE " first WITHIN rest " ORDER BY at DESC, position DESC LIMIT $1"
#define COUNT(first, rest) "SELECT count(*) FROM (SELECT 1 FROM opening WHERE " first WITHIN rest " LIMIT $1) AS found"
#define BY(first, rest) {{FIND(first, rest)}, {COUNT(first, rest)}}
enum lead { LEAD_SUBJECT, LEAD_CASE, LEAD_ACCOUNT, LEAD_OFFICE, LEAD_PURPOSE, LEAD_TIME };
static const struct statement finds[][2] = {
    [LEAD_SUBJECT] = BY("subject = $7 AND ", ALSO("account", "6") ALSO("purpose", "8") ALSO("office", "9") ALSO("case_no", "10")),
    [LEAD_CASE] = BY("case_no = $10 AND ", ALSO("account", "6") ALSO("subject", "7") ALSO("purpose", "8") ALSO("office", "9")),
    [LEAD_ACCOUNT] = BY("account = $6 AND ", ALSO("subject", "7") ALSO("purpose", "8") ALSO("office", "9") ALSO("case_no", "10")),
    [LEAD_OFFICE] = BY("office = $9 AND ", ALSO("account", "6") ALSO("subject", "7") ALSO("purpose", "8") ALSO("case_no", "10")),
    [LEAD_PURPOSE] = BY("purpose = $8 AND ", ALSO("account", "6") ALSO("subject", "7") ALSO("office", "9") ALSO("case_no", "10")),
    [LEAD_TIME] = BY("", ALSO("account", "6") ALSO("subject", "7") ALSO("purpose", "8") ALSO("office", "9") ALSO("case_no", "10")),
};
#define FIND_IN 10

static enum lead lead_of(const struct opening_filter *w)
{
    return w->subject ? LEAD_SUBJECT : w->case_no.p ? LEAD_CASE : w->account ? LEAD_ACCOUNT : w->office.p ? LEAD_OFFICE : w->purpose.p ? LEAD_PURPOSE : LEAD_TIME;
}

static struct value or_any(struct slice s)
{
    return s.p ? V_SLICE(s) : V_NULL;
}

static struct value id_or_any(const struct subject_id *id)
{
    return id ? V_ID(id) : V_NULL;
}

static void fill_filter(const struct opening_filter *w, const struct opening_place *after, int64_t max, struct value in[FIND_IN])
{
    const struct value values[FIND_IN] = {V_INT(max), V_INT(after ? after->at : INT64_MAX), V_INT(after ? after->position : INT64_MAX),
        V_INT(w->from ? *w->from : INT64_MIN), V_INT(w->until ? *w->until : INT64_MAX), id_or_any(w->account), id_or_any(w->subject),
        or_any(w->purpose), or_any(w->office), or_any(w->case_no)};
    memcpy(in, values, sizeof values);
}

struct listing {
    struct arena *a;
    const struct statement *statement;
    struct value in[FIND_IN];
    size_t in_n, max, n;
    struct opening_row *out;
};

static enum err read_row(struct arena *a, const struct value *row, struct opening_row *out)
{
    *out = (struct opening_row){.position = (uint64_t)row[0].i, .review = (int)row[5].i, .pruned = row[4].is_null, .o = {.at = row[1].i}};
    if (row[2].b.n == 16)
        memcpy(out->o.account.b, row[2].b.p, 16);
    if (row[3].b.n == 16)
        memcpy(out->o.subject.b, row[3].b.p, 16);
    return out->pruned ? OK : read_entry(a, row[4].b, &out->o);
}

static enum err list(void *arg, struct engine *e, struct fault *f)
{
    struct listing *l = arg;
    struct value row[COLUMN_COUNT];
    struct rows *r;
    bool more = true;
    enum err err = e->verbs->start(e, l->statement, l->in, l->in_n, &r, f);
    if (err)
        return err;
    while (!err && l->n < l->max && !(err = e->verbs->next(r, row, COLUMN_COUNT, &more, f)) && more)
        err = read_row(l->a, row, &l->out[l->n++]);
    e->verbs->stop(r);
    return err;
}

enum err access_find(struct box *b, struct arena *a, const struct opening_filter *which, const struct opening_place *after, size_t max,
    struct opening_row *out, size_t *n, struct fault *f)
{
    struct listing l = {.a = a, .statement = &finds[lead_of(which)][0], .in_n = FIND_IN, .max = max, .out = out};
    fill_filter(which, after, (int64_t)max, l.in);
    enum err e = box_read(b, list, &l, f);
    *n = l.n;
    return e;
}

enum err access_to_review(struct box *b, struct arena *a, size_t max, struct opening_row *out, size_t *n, struct fault *f)
{
    struct listing l = {.a = a, .statement = &to_review, .in = {V_INT(max)}, .in_n = 1, .max = max, .out = out};
    enum err e = box_read(b, list, &l, f);
    *n = l.n;
    return e;
}

struct counting {
    const struct opening_filter *which;
    int64_t max, n;
};

static enum err count(void *arg, struct engine *e, struct fault *f)
{
    struct counting *c = arg;
    struct value in[FIND_IN], row[1];
    struct rows *r;
    bool found;
    fill_filter(c->which, NULL, c->max, in);
    enum err err = engine_one(e, &finds[lead_of(c->which)][1], in, FIND_IN, row, 1, &found, &r, f);
    if (err || !found)
        return err;
    c->n = row[0].i;
    e->verbs->stop(r);
    return OK;
}

enum err access_count(struct box *b, const struct opening_filter *which, int64_t max, int64_t *out, struct fault *f)
{
    struct counting c = {which, max, 0};
    enum err e = box_read(b, count, &c, f);
    *out = c.n;
    return e;
}

struct totals {
    const struct statement *statement;
    int64_t since, until;
    struct access_total *out;
    size_t max, n;
};

static enum err total(void *arg, struct engine *e, struct fault *f)
{
    struct totals *t = arg;
    struct value in[] = {V_INT(t->since), V_INT(t->max), V_INT(t->until)}, row[2];
    struct rows *r;
    bool more = true;
    enum err err = e->verbs->start(e, t->statement, in, t->statement == &by_purpose ? 3 : 2, &r, f);
    if (err)
        return err;
    while (t->n < t->max && !(err = e->verbs->next(r, row, 2, &more, f)) && more) {
        struct access_total *x = &t->out[t->n++];
        *x = (struct access_total){.count = row[1].i};
        if (t->statement == &by_account && row[0].b.n == 16)
            memcpy(x->account.b, row[0].b.p, 16);
        else if (t->statement == &by_purpose)
            snprintf(x->purpose, sizeof x->purpose, SLICE_FMT, SLICE_ARG(row[0].b));
    }
    e->verbs->stop(r);
    return err;
}

enum err access_by_account(struct box *b, int64_t since, struct access_total *out, size_t max, size_t *n, struct fault *f)
{
    struct totals t = {&by_account, since, INT64_MAX, out, max, 0};
    enum err e = box_read(b, total, &t, f);
    *n = t.n;
    return e;
}

enum err access_by_purpose(struct box *b, int64_t since, int64_t until, struct access_total *out, size_t max, size_t *n, struct fault *f)
{
    struct totals t = {&by_purpose, since, until, out, max, 0};
    enum err e = box_read(b, total, &t, f);
    *n = t.n;
    return e;
}

/* ---- judging, pruning ---- */

struct verdict {
    uint64_t position;
    const struct subject_id *reviewer;
    bool proper;
};

static enum err write_verdict(void *arg, struct engine *e, struct fault *f)
{
    const struct verdict *v = arg;
    struct value in[] = {V_INT(v->position), V_INT(v->proper ? 2 : 3)}, row[1];
    struct rows *r;
    bool found;
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)v->position);
    enum err err = engine_one(e, &waiting, in, 1, row, 1, &found, &r, f);
    if (err)
        return err;
    if (!found)
        return fault_set(f, ERR_NOT_FOUND, "opening", slice_str(text), "");
    bool own = row[0].b.n == 16 && memcmp(row[0].b.p, v->reviewer->b, 16) == 0;
    e->verbs->stop(r);
    return own ? fault_set(f, ERR_REFUSED, "opening", slice_str(text), "say.other_reviewer") : engine_run(e, &judge, in, 2, f);
}

enum err access_judge(struct box *b, uint64_t position, const struct subject_id *reviewer, bool proper, struct fault *f)
{
    struct verdict v = {position, reviewer, proper};
    return box_write(b, write_verdict, &v, f);
}

struct pruning {
    int64_t before, n;
};

static enum err run_prune(void *arg, struct engine *e, struct fault *f)
{
    struct pruning *p = arg;
    struct value in[] = {V_INT(p->before)}, row[1];
    struct rows *r;
    bool found;
    enum err err = engine_one(e, &count_old, in, 1, row, 1, &found, &r, f);
    if (!err && found) {
        p->n = row[0].i;
        e->verbs->stop(r);
    }
    return err ? err : engine_run(e, &prune, in, 1, f);
}

enum err access_prune(struct box *b, int64_t before, int64_t *out_n, struct fault *f)
{
    struct pruning p = {before, 0};
    enum err e = box_write(b, run_prune, &p, f);
    *out_n = p.n;
    return e;
}

/* ---- verifying ---- */

/* Does the row say what its entry says? Written anew from what was read, the entry must be the same bytes. */
static bool row_holds(struct arena *a, const struct value *row)
{
    struct opening_row x;
    struct buf again;
    struct hash leaf = tree_leaf(row[4].b);
    if (row[4].is_null)
        return row[6].b.n == 32 && !row[8].b.n && !row[9].b.n;
    if (row[6].b.n != 32 || memcmp(leaf.b, row[6].b.p, 32) != 0 || read_row(a, row, &x))
        return false;
    buf_init(&again, ENTRY_MAX);
    write_entry(&x.o, &again);
    bool same = slice_eq(buf_view(&again), row[4].b) && slice_eq(x.o.purpose, row[7].b) && slice_eq(x.o.office, row[8].b) && slice_eq(x.o.case_no, row[9].b);
    buf_free(&again);
    return same;
}

struct check {
    struct tree built, kept;
    bool more;
    const struct access_anchor *anchor;
    size_t anchors, passed;
};

/* The tree has just grown: does it pass the anchors of this size? */
static bool passes(struct check *c)
{
    while (c->passed < c->anchors && c->anchor[c->passed].size == c->built.size) {
        struct hash root = tree_root(&c->built);
        if (!hash_eq(&root, &c->anchor[c->passed].root))
            return false;
        c->passed++;
    }
    return true;
}

static enum err check_some(void *arg, struct engine *e, struct fault *f)
{
    struct check *c = arg;
    struct value in[] = {V_INT(c->built.size)}, row[COLUMN_COUNT];
    struct rows *r;
    struct arena a;
    char at[24];
    bool more = true;
    enum err err = e->verbs->start(e, &from, in, 1, &r, f);
    c->more = false;
    if (err)
        return err;
    arena_init(&a, 16u << 20);
    while (!err && c->built.size < c->kept.size && !(err = e->verbs->next(r, row, COLUMN_COUNT, &more, f)) && more) {
        snprintf(at, sizeof at, "%lld", (long long)row[0].i);
        if ((uint64_t)row[0].i != c->built.size || !row_holds(&a, row)) {
            err = fault_set(f, ERR_DAMAGED, "opening", slice_str(at), "");
            break;
        }
        struct hash leaf;
        memcpy(leaf.b, row[6].b.p, sizeof leaf.b);
        tree_append(&c->built, &leaf);
        c->more = true;
        if (!passes(c)) {
            snprintf(at, sizeof at, "%llu", (unsigned long long)c->built.size);
            err = fault_set(f, ERR_DAMAGED, "anchor", slice_str(at), "want.anchored_log");
        }
    }
    arena_free(&a);
    e->verbs->stop(r);
    return err;
}

static enum err read_tree(void *arg, struct engine *e, struct fault *f)
{
    return load_tree(e, &((struct check *)arg)->kept, f);
}

enum err access_tree(struct box *b, uint64_t *out_size, struct hash *out_root, struct fault *f)
{
    struct check c = {.more = false};
    enum err e = box_read(b, read_tree, &c, f);
    *out_size = c.kept.size;
    *out_root = tree_root(&c.kept);
    return e;
}

enum err access_verify(struct box *b, const struct access_anchor *anchor, size_t anchors, uint64_t *out_size, struct hash *out_root, struct fault *f)
{
    struct check c = {.more = true, .anchor = anchor, .anchors = anchors};
    char at[24];
    tree_init(&c.built);
    enum err e = box_read(b, read_tree, &c, f); /* first: entries that come meanwhile are left for the next time */
    while (!e && c.more && c.built.size < c.kept.size)
        e = box_read(b, check_some, &c, f);
    struct hash built = tree_root(&c.built), kept = tree_root(&c.kept);
    if (!e && (c.built.size < c.kept.size || !hash_eq(&built, &kept)))
        e = fault_set(f, ERR_DAMAGED, "openings", SLICE(""), "");
    if (!e && c.passed < c.anchors) { /* it was longer once */
        snprintf(at, sizeof at, "%llu", (unsigned long long)c.anchor[c.passed].size);
        e = fault_set(f, ERR_DAMAGED, "anchor", slice_str(at), "want.anchored_log");
    }
    if (!e) {
        *out_size = c.built.size;
        *out_root = built;
    }
    return e;
}
