#include "use/own.h"
#include "base/banned.h"

const struct profile_kind *own_kind(const struct profile *p, enum effect_do what, bool set)
{
    for (size_t i = 0; i < p->kind_count; i++)
        for (size_t k = 0; k < p->kind[i].rule_count; k++)
            if (p->kind[i].rule[k].what == what && p->kind[i].rule[k].set == set)
                return &p->kind[i];
    return NULL;
}

static enum err encode(struct app *app, struct store *s, const struct own_record *r, const struct record_header *h, struct buf *out, struct fault *f)
{
    uint8_t random[RECORD_SALT + SEAL_NONCE];
    struct buf body;
    buf_init(&body, RECORD_MAX);
    app->random(app->arg, random, sizeof random);
    enum err e = OK;
    if (r->ev)
        e = body_write(r->ev, NULL, h, &body);
    else
        buf_slice(&body, r->body);
    e = e ? e : body.err;
    struct record_plain plain = {SECTION_BODY, store_keys(s)->register_id, store_keys(s)->reg, buf_view(&body)};
    if (e)
        fault_set(f, e, "record", SLICE(""), "want.record_size");
    else
        e = record_encode(h, &plain, 1, random, out, f);
    buf_free(&body);
    return e;
}

enum err own_append(struct app *app, struct log *l, const struct own_record *r, struct hash *id, struct fault *f)
{
    struct buf bytes;
    struct store *s = l->store;
    struct record_header h = {.origin = store_origin(s), .kind = slice_str(r->kind), .profile = store_profile(s)->hash,
        .recorded = app->clock(app->arg), .actor = r->actor.n ? r->actor : store_origin(s), .office = r->office.n ? r->office : store_origin(s), .purpose = r->purpose,
        .happened = when_unknown(), .discovered = when_unknown(), .subject_count = r->n};
    char day[11];
    memcpy(h.subject, r->subject, r->n * sizeof *r->subject);
    time_day(h.recorded, day);
    enum err e = when_parse(slice_str(day), "happened", &h.happened, f);
    if (r->ev)
        r->ev->kind = h.kind;
    buf_init(&bytes, RECORD_MAX);
    if (!e && (r->set_back || !(e = log_clock(l, h.recorded, f))) && !(e = encode(app, s, r, &h, &bytes, f))) {
        *id = record_id(buf_view(&bytes));
        e = log_append(l, buf_view(&bytes), id, h.recorded, NULL, f);
    }
    buf_free(&bytes);
    return e;
}
