/* What somebody sent while his screen was locked or his session over, or from a page of before: kept sealed under his account as a draft of its own kind,
 * shown to him alone when he is back, and done only when he sends it again. */
#include "use/people_in.h"
#include "people/draft.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/banned.h"

#define KEPT_KIND "kept"     /* no profile has such a kind: the list of drafts passes it over */
#define KEPT_PATH ":path"    /* where it was sent */
#define KEPT_NAME 48         /* bytes of a field's name */
#define KEPT_LISTED 50       /* drafts that are looked through for them: the newest */
#define KEPT_MOST 20         /* of one account; the oldest goes for a new one */
#define KEPT_MEMORY (4u << 20)

static bool is_proof(struct slice name)
{
    return slice_is(name, "form_token") || slice_is(name, "kept");
}

static struct subject_id whose(const struct people_ask *in)
{
    struct subject_id id = ask_account(in);
    if (in->who->state == VISITOR_NOBODY)
        memcpy(id.b, in->who->ended, sizeof id.b);
    return id;
}

static bool fill(struct draft *d, const struct people_ask *in)
{
    struct slice name;
    for (size_t i = 0; in->member && in->member(in->form, i, &name); i++) {
        char text[KEPT_NAME];
        if (!name.n || name.n >= sizeof text || is_proof(name))
            continue;
        memcpy(text, name.p, name.n);
        text[name.n] = 0;
        if (!draft_set(d, name, ask_field(in, text)))
            return false;
    }
    return draft_set(d, SLICE(KEPT_PATH), in->path);
}

static enum err make_room(struct people *p, const struct subject_id *account, struct fault *f)
{
    struct arena a;
    size_t n = 0, kept = 0;
    arena_init(&a, KEPT_MEMORY);
    struct draft *d = arena_array(&a, KEPT_LISTED, sizeof *d);
    enum err e = d ? draft_list(people_box(p), &a, account, d, KEPT_LISTED, &n, f) : fault_set(f, ERR_MEMORY, "draft", SLICE(""), "");
    for (size_t i = 0; !e && i < n; i++)
        if (slice_is(d[i].kind, KEPT_KIND) && ++kept >= KEPT_MOST)
            e = draft_drop(people_box(p), &d[i].id, account, f);
    arena_free(&a);
    return e;
}

DOOR_FN(door_keep)
{
    struct people *p;
    uint8_t nonce[SEAL_NONCE];
    char hex[33] = "";
    struct draft *d = mem_alloc(1, sizeof *d);
    enum err e = d ? app_people(app, &p, f) : fault_set(f, ERR_MEMORY, "draft", SLICE(""), "");
    if (!e) {
        *d = (struct draft){.account = whose(in), .kind = SLICE(KEPT_KIND), .changed = people_now(p)};
        people_random(p, d->id.b, sizeof d->id.b);
        people_random(p, nonce, sizeof nonce);
        e = subject_none(&d->account) || !fill(d, in) ? fault_set(f, ERR_TOO_LONG, "draft", SLICE(""), "want.shorter") : make_room(p, &d->account, f);
        if (!e)
            e = draft_save(people_box(p), d, nonce, f);
    }
    if (!e) {
        hex_of(d->id.b, sizeof d->id.b, hex);
        snprintf(out->go, sizeof out->go, "/kept/%s", hex);
    }
    mem_free(d);
    return e;
}

/* What is for the program alone is sent again, and not shown. */
static bool is_shown(struct slice name)
{
    static const char *const hidden[] = {"what", "draft", "step", "warned", "file", "previous", "a", "b"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (slice_is(name, hidden[i]))
            return false;
    return true;
}

/* A code that was chosen, in words: by the name of its field, or the end of it ("from_who"). */
static void put_words(struct cj *j, const struct lang *l, const struct draft_field *x)
{
    static const char *const named[][2] = {{"purpose", "purpose."}, {"channel", "request_channel."}, {"role", "role_name."}, {"_who", "choice.who."},
        {"_class", "party_class."}};
    char prefix[KEPT_NAME + 16];
    snprintf(prefix, sizeof prefix, "choice." SLICE_FMT ".", SLICE_ARG(x->name));
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        size_t n = strlen(named[i][0]);
        if (x->name.n >= n && memcmp(x->name.p + x->name.n - n, named[i][0], n) == 0)
            snprintf(prefix, sizeof prefix, "%s", named[i][1]);
    }
    words_label(j, l, "value_label", prefix, x->value);
}

static void put_field(struct cj *j, const struct lang *l, const struct draft_field *x)
{
    cj_obj(j);
    cj_kstr(j, "name", x->name);
    cj_kstr(j, "value", x->value);
    if (is_shown(x->name)) {
        words_label(j, l, "label", "field.", x->name);
        put_words(j, l, x);
    }
    cj_obj_end(j);
}

/* As the forms ask: in the order of the words of entries, the parts of a person together; other fields after them. A draft has them by name. */
static unsigned place_of(struct slice name)
{
    static const char *const parts[] = {"_who", "", "_document", "_class", "_address"};
    for (unsigned w = 0; w < FIELD_COUNT; w++)
        for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
            char whole[KEPT_NAME + 16];
            snprintf(whole, sizeof whole, "%s%s", field_kind((enum form_word)w)->word, parts[i]);
            if (slice_is(name, whole))
                return w * 8 + i;
        }
    return FIELD_COUNT * 8;
}

static int by_place(const void *a, const void *b)
{
    const struct draft_field *x = a, *y = b;
    unsigned p = place_of(x->name), q = place_of(y->name);
    if (p != q)
        return p < q ? -1 : 1;
    size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
    int c = n ? memcmp(x->name.p, y->name.p, n) : 0;
    return c ? c : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

static void put_kept(struct cj *j, const struct lang *l, struct draft *d)
{
    qsort(d->field, d->count, sizeof *d->field, by_place);
    cj_obj(j);
    cj_khex(j, "kept", d->id.b, sizeof d->id.b);
    cj_kstr(j, "path", draft_get(d, KEPT_PATH));
    cj_key(j, "fields");
    cj_arr(j);
    for (size_t i = 0; i < d->count; i++)
        if (!slice_is(d->field[i].name, KEPT_PATH))
            put_field(j, l, &d->field[i]);
    cj_arr_end(j);
    cj_obj_end(j);
}

/* What is another's, or is gone, leads to the first page: somebody else may have signed in where it was sent. */
DOOR_FN(door_kept)
{
    struct people *p;
    struct arena a;
    struct subject_id id, me = ask_account(in);
    bool found = false;
    arena_init(&a, KEPT_MEMORY);
    struct draft *d = arena_alloc(&a, sizeof *d);
    enum err e = d ? app_people(app, &p, f) : fault_set(f, ERR_MEMORY, "draft", SLICE(""), "");
    if (!e && hex_to(in->id, id.b, sizeof id.b))
        e = draft_load(people_box(p), &a, &id, &me, d, &found, f);
    if (!e && found && slice_is(d->kind, KEPT_KIND)) {
        put_kept(out->out, in->lang, d);
        e = out->out->out->err;
    } else {
        answer_go(out, SLICE(""), "/");
    }
    arena_free(&a);
    return e;
}

DOOR_FN(door_kept_drop)
{
    struct people *p;
    struct subject_id id, me = ask_account(in);
    struct slice name = in->id.n ? in->id : ask_field(in, "kept");
    enum err e = app_people(app, &p, f);
    answer_go(out, SLICE(""), "/");
    return e || !hex_to(name, id.b, sizeof id.b) ? e : draft_drop(people_box(p), &id, &me, f);
}

enum err put_kept_list(struct people *p, struct arena *a, const struct people_ask *in, struct cj *j, struct fault *f)
{
    struct subject_id me = ask_account(in);
    size_t n = 0;
    struct draft *d = arena_array(a, KEPT_LISTED, sizeof *d);
    enum err e = d ? draft_list(people_box(p), a, &me, d, KEPT_LISTED, &n, f) : fault_set(f, ERR_MEMORY, "draft", SLICE(""), "");
    cj_key(j, "kept");
    cj_arr(j);
    for (size_t i = 0; !e && i < n; i++) {
        char when[25];
        if (!slice_is(d[i].kind, KEPT_KIND))
            continue;
        time_text(d[i].changed, when);
        cj_obj(j);
        cj_khex(j, "kept", d[i].id.b, sizeof d[i].id.b);
        cj_kstr(j, "changed", slice_str(when));
        cj_obj_end(j);
    }
    cj_arr_end(j);
    return e;
}
