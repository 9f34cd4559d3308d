/* The receipt of a record as a page to print: what it says in words and as a DataMatrix. Published a moment after the commit: waited for. */
#include "use/code_svg.h"
#include "use/mark_of.h"
#include "use/people_in.h"
#include "use/receipt.h"
#include <unistd.h>
#include "base/banned.h"

#define WAIT_MS 4000
#define LOOK_MS 100

/* ERR_NOT_FOUND "checkpoint" means not published yet. */
static enum err wait_for(struct app *app, struct slice record, struct buf *line, bool *published, struct fault *f)
{
    enum err e = OK;
    *published = false;
    for (int waited = 0; waited <= WAIT_MS && !*published; waited += LOOK_MS) {
        buf_reset(line);
        e = use_receipt(app, record, RECEIPT_LINE, line, f);
        *published = !e;
        if (e && !(e == ERR_NOT_FOUND && strcmp(f->field, "checkpoint") == 0))
            return e;
        if (e)
            usleep(LOOK_MS * 1000);
    }
    return OK;
}

static enum err put_record(struct app *app, const struct people_ask *in, struct cj *j, struct fault *f)
{
    struct desk *d;
    struct slice bytes;
    struct record r;
    struct hash id;
    uint64_t at;
    bool found = false;
    char when[25];
    enum err e = desk_take(app, &d, f);
    if (e)
        return e;
    if (hex_to(in->id, id.b, sizeof id.b))
        e = store_find(d->store, &id, &at, &found, f);
    if (!e && !found)
        e = fault_set(f, ERR_NOT_FOUND, "record", in->id, "want.record_id");
    if (!e && !(e = store_read(d->store, &d->arena, at, &bytes, NULL, f)))
        e = record_parse(bytes, &r);
    if (!e && !visitor_may(in->who, RIGHT_RECORD_READ) && !slice_is(r.h.office, in->who->office)) /* who enters without reading has receipts of his own office */
        e = fault_set(f, ERR_NOT_FOUND, "record", in->id, "want.record_id");
    if (!e) {
        const struct profile_kind *k = profile_kind(store_profile(d->store), r.h.kind);
        cj_khex(j, "record", id.b, sizeof id.b);
        cj_kint(j, "position", (int64_t)at);
        words_text(j, in->lang, "kind_label", k ? k->label : "kind.other", NULL, 0);
        time_text(r.h.recorded, when);
        cj_kstr(j, "recorded", slice_str(when));
        cj_kstr_opt(j, "happened", slice_str(r.h.happened.text));
        cj_kstr_opt(j, "office", r.h.office);
        cj_kstr_opt(j, "origin", r.h.origin);
        e = put_subjects(d, &r, SLICE(""), visitor_may(in->who, RIGHT_FIREARM_READ), j, f);
    }
    desk_give(app, d);
    return e;
}

DOOR_FN(door_receipt)
{
    struct buf line, svg;
    bool published = false;
    struct cj *j = out->out;
    buf_init(&line, 2 * RECEIPT_MAX);
    buf_init(&svg, 1u << 20);
    cj_obj(j);
    enum err e = put_record(app, in, j, f);
    if (!e)
        e = wait_for(app, in->id, &line, &published, f);
    if (!e && published) {
        cj_kstr(j, "line", buf_view(&line));
        if (!code_svg(CODE_DATAMATRIX, buf_view(&line), &svg, NULL)) /* too long for a code: the line stands there */
            cj_kstr(j, "code", buf_view(&svg));
    }
    cj_obj_end(j);
    buf_free(&line);
    buf_free(&svg);
    return e ? e : j->out->err;
}
