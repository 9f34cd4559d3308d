/* A form that cannot be done now, because the screen is locked, the session over, or the page of before the last unlocking, is not thrown away: it is kept
 * for who sent it, who looks at it and sends it again when he is back. */
#include "web/web_in.h"
#include "base/banned.h"

/* A browser says that one of our own pages sent it: without that word another site's form would be kept and offered to be sent. */
static bool from_here(const struct req *r)
{
    struct slice site = http_header(r->in, "Sec-Fetch-Site");
    return slice_is(site, "same-origin") && gate_same_origin(r);
}

const char *keep_form(struct req *r)
{
    struct run run;
    struct people_answer a;
    struct fault f = {0};
    struct slice type = http_header(r->in, "Content-Type");
    const char *go = NULL;
    if (!r->route->keeps || r->in->method != HTTP_POST || !r->web->service->people || !from_here(r) ||
        !slice_starts(type, "application/x-www-form-urlencoded"))
        return NULL;
    if (!r->posted.count && form_parse(r->in->arena, r->in->body, &r->posted, &f))
        return NULL;
    if (!people_run(r, DOOR_KEEP, &r->posted, &run, &a))
        go = arena_copy(r->in->arena, slice_str(a.go)).p;
    buf_free(&run.json);
    return go;
}

void keep_done(struct req *r)
{
    struct run run;
    struct people_answer a;
    if (!form_get(&r->posted, "kept").n)
        return;
    (void)people_run(r, DOOR_KEPT_DROP, &r->posted, &run, &a); /* it ends by itself else */
    buf_free(&run.json);
}
