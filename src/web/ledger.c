/* The public log (C2SP tlog-tiles): checkpoint and hash tiles for everybody, entries for auditors. */
#include "web/web_in.h"
#include "base/banned.h"

#define FOREVER "public, max-age=31536000, immutable"

static void send(struct req *r, enum err e, const struct fault *f, const char *type, const char *cache)
{
    if (e) {
        reply_fault(r, f);
        return;
    }
    r->out->type = type;
    r->out->cache = cache;
}

void log_checkpoint(struct req *r)
{
    struct fault f = {0};
    enum err e = r->web->service->log_checkpoint(r->web->service->app, &r->out->body, &f);
    send(r, e, &f, "text/plain; charset=utf-8", "public, max-age=2");
}

void log_tile(struct req *r)
{
    struct fault f = {0};
    struct slice path = r->in->path;
    path = slice_of(path.p + 5, path.n - 5); /* after "/log/" */
    enum err e = r->web->service->log_tile(r->web->service->app, path, &r->out->body, &f);
    send(r, e, &f, "application/octet-stream", FOREVER);
}

/* Records, sealed as they are, say when how many were written by whom: for auditors who have signed in (the gate saw to the right), and kept
 * by no cache between. Until there are accounts nobody is one. */
void log_entries(struct req *r)
{
    struct fault f = {0};
    struct slice path = r->in->path;
    if (!r->web->service->visitor) {
        fault_set(&f, ERR_REFUSED, "path", path, "want.auditor");
        reply_fault(r, &f);
        return;
    }
    path = slice_of(path.p + 5, path.n - 5); /* after "/log/" */
    enum err e = r->web->service->log_tile(r->web->service->app, path, &r->out->body, &f);
    send(r, e, &f, "application/octet-stream", "private, no-store");
}
