#include "use/clock.h"
#include "use/own.h"
#include "base/banned.h"

#define REASON_MAX 400

static enum err append(struct app *app, struct log *l, const struct use_clock_in *in, int64_t *behind, struct hash *record, struct fault *f)
{
    char text[25];
    int64_t now = app->clock(app->arg);
    struct event ev = {.basis = in->reason};
    struct record_subject subject = {SUBJECT_CASE, {"athar:clock"}}; /* a list, as of orders */
    struct own_record r = {.kind = CLOCK_KIND, .subject = &subject, .n = 1, .actor = in->actor, .purpose = SLICE("clock"), .ev = &ev, .set_back = true};
    time_text(now, text);
    if (!log_clock(l, now, NULL))
        return fault_set(f, ERR_REFUSED, "clock", slice_str(text), "want.clock_behind");
    *behind = (l->last_recorded - now + 999) / 1000;
    enum err e = log_begin(l, f);
    if (e)
        return e;
    e = own_append(app, l, &r, record, f);
    return e ? (log_rollback(l), e) : log_commit(l, f);
}

enum err use_clock(struct app *app, const struct use_clock_in *in, struct cj *out, struct fault *f)
{
    struct log l;
    struct hash record;
    int64_t behind = 0;
    if (!in->reason.n)
        return fault_set(f, ERR_MISSING, "--reason", in->reason, "want.something");
    if (in->reason.n > REASON_MAX)
        return fault_set(f, ERR_TOO_LONG, "--reason", in->reason, "want.shorter");
    enum err e = log_start(app->dir, &l, f);
    if (e)
        return e;
    if (!(e = append(app, &l, in, &behind, &record, f)))
        e = app_settle(app, l.store, false, NULL, f);
    log_end(&l);
    if (e)
        return e;
    cj_obj(out);
    cj_kint(out, "behind", behind);
    cj_khex(out, "record", record.b, sizeof record.b);
    cj_obj_end(out);
    return out->out->err;
}
