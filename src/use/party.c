#include "use/party.h"
#include "store/erase.h"
#include "use/names.h"
#include "base/banned.h"

#define LIMIT 1000
#define FIREARMS 200 /* shown of one holder */

/* ---- one party ---- */

/* A record that names the party under its key; the log positions of its firearms are looked through. */
static enum err find_record(struct desk *d, struct arena *a, const struct subject_id *party, uint64_t *position, bool *found, struct fault *f)
{
    struct subject_id *subject;
    size_t n = 0, count;
    uint64_t *at;
    enum err e = store_party_subjects(d->store, a, party, &subject, &n, f);
    *found = false;
    for (size_t i = 0; !e && !*found && i <= n; i++) {
        e = store_subject_positions(d->store, a, i < n ? &subject[i] : party, &at, &count, f);
        for (size_t k = 0; !e && !*found && k < count; k++) {
            struct slice bytes;
            struct record r;
            e = store_read(d->store, a, at[k], &bytes, NULL, f);
            if (!e && (e = record_parse(bytes, &r)))
                fault_set(f, e, "record", SLICE(""), "");
            for (size_t s = 0; !e && s < r.section_count; s++)
                if (r.section[s].kind == SECTION_PERSON && memcmp(r.section[s].key.b, party->b, 16) == 0) {
                    *position = at[k];
                    *found = true;
                }
        }
    }
    return e;
}

static enum err open_party(struct desk *d, struct arena *a, const struct subject_id *party, uint64_t position, struct party_ref *out, struct fault *f)
{
    struct slice bytes;
    int64_t received;
    struct event *ev = arena_alloc(a, sizeof *ev);
    enum err e = ev ? store_read(d->store, a, position, &bytes, &received, f) : ERR_MEMORY;
    if (!e)
        e = store_event(d->store, a, bytes, position, received, SHOW_ALL, ev, NULL, f);
    *out = (struct party_ref){.id = *party};
    for (size_t i = 0; !e && i < ev->party_count; i++)
        if (subject_eq(&ev->party[i].id, party))
            *out = ev->party[i];
    return e;
}

enum err party_known(struct desk *d, struct arena *a, const struct subject_id *party, struct party_ref *out, bool *found, struct fault *f)
{
    uint64_t position;
    enum err e = find_record(d, a, party, &position, found, f);
    return e || !*found ? e : open_party(d, a, party, position, out, f);
}

static void put_firearms(struct cj *j, const struct holding_seen *h, size_t n)
{
    static const char *const roles[] = {"", "owner", "possessor", "custodian", "found_with"};
    cj_key(j, "firearms");
    cj_arr(j);
    for (size_t i = 0; i < n; i++) {
        char day[11];
        cj_obj(j);
        cj_khex(j, "subject", h[i].subject.b, sizeof h[i].subject.b);
        cj_kstr(j, "role", slice_str(h[i].role < 5 ? roles[h[i].role] : ""));
        if (h[i].since != TIME_UNKNOWN) {
            time_day(h[i].since, day);
            cj_kstr(j, "since", slice_str(day));
        }
        cj_kbool(j, "current", h[i].current);
        cj_obj_end(j);
    }
    cj_arr_end(j);
}

static enum err put_party(struct desk *d, struct arena *a, const struct subject_id *party, uint64_t position, struct cj *j, struct fault *f)
{
    struct party_ref p = {.cls = PARTY_UNSAID};
    struct holding_seen *held = arena_array(a, FIREARMS, sizeof *held);
    size_t n = 0;
    enum err e = held ? open_party(d, a, party, position, &p, f) : fault_set(f, ERR_MEMORY, "party", SLICE(""), "");
    if (!e)
        e = store_holdings(d->store, party, held, FIREARMS, &n, f);
    if (e)
        return e;
    cj_obj(j);
    cj_khex(j, "id", party->b, sizeof party->b);
    cj_kstr_opt(j, "name", p.name);
    cj_kstr_opt(j, "document", p.document);
    cj_kstr_opt(j, "address", p.address);
    cj_kstr_opt(j, "class", slice_str(party_class_code(p.cls)));
    put_firearms(j, held, n);
    cj_obj_end(j);
    return OK;
}

/* ---- the two ways ---- */

static bool has_digit(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= '0' && s.p[i] <= '9')
            return true;
    return false;
}

static enum err by_number(struct desk *d, struct slice query, struct name_hit *hit, size_t max, size_t *n, struct fault *f)
{
    struct subject_id *id = arena_array(&d->arena, max, sizeof *id);
    size_t all = 0;
    *n = 0;
    if (!id)
        return fault_set(f, ERR_MEMORY, "party", SLICE(""), "");
    enum err e = has_digit(query) ? store_document(d->store, query, id, max, &all, f) : OK;
    for (size_t i = 0; !e && i < all; i++) {
        bool found;
        uint64_t position;
        if (!(e = find_record(d, &d->arena, &id[i], &position, &found, f)) && found) /* a number whose record was rejected names nobody */
            hit[(*n)++] = (struct name_hit){id[i], position, 0};
    }
    return e;
}

static void put_head(struct cj *j, struct slice query, bool number, size_t count, size_t shown)
{
    cj_obj(j);
    cj_kstr(j, "query", query);
    cj_kstr(j, "by", number ? SLICE("number") : SLICE("name"));
    cj_kint(j, "count", (int64_t)count);
    cj_kint(j, "shown", (int64_t)shown);
    cj_key(j, "parties");
    cj_arr(j);
}

static enum err answer(struct app *app, struct desk *d, const struct use_party_in *in, size_t limit, struct cj *out, struct fault *f)
{
    size_t n = 0, count;
    struct name_hit *hit = arena_array(&d->arena, limit, sizeof *hit);
    enum err e = hit ? by_number(d, in->query, hit, limit, &n, f) : fault_set(f, ERR_MEMORY, "party", SLICE(""), "");
    bool number = !e && n > 0;
    count = n;
    if (!e && !number)
        e = app_names(app, d, in->query, hit, limit, &n, &count, f);
    if (e)
        return e;
    put_head(out, in->query, number, count, n);
    struct arena one; /* of one party: what was opened to show it */
    arena_init(&one, PARTY_MEMORY);
    for (size_t i = 0; !e && i < n; i++) {
        e = put_party(d, &one, &hit[i].party, hit[i].position, out, f);
        arena_reset(&one);
    }
    arena_free(&one);
    cj_arr_end(out);
    cj_obj_end(out);
    return e ? e : out->out->err;
}

enum err use_party(struct app *app, const struct use_party_in *in, struct cj *out, struct fault *f)
{
    struct desk *d;
    uint64_t limit = 50;
    struct slice query = slice_trim(in->query);
    if (in->limit.n && (!slice_u64(in->limit, LIMIT, &limit) || !limit))
        return fault_set(f, ERR_RANGE, "limit", in->limit, "want.limit_page");
    if (!query.n || query.n > 256)
        return fault_set(f, ERR_MISSING, "name", query, "want.name");
    enum err e = desk_take(app, &d, f);
    if (e)
        return e;
    e = answer(app, d, &(struct use_party_in){in->lang, query, in->limit}, (size_t)limit, out, f);
    desk_give(app, d);
    return e;
}
