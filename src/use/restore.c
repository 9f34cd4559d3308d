/* judge (all of the backup, and what is known of the log elsewhere) -> make DIR.restoring -> ask the witnesses -> put it in place. */
#include "base/file.h"
#include "use/restore_in.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

static bool is_there(const char *dir)
{
    struct dirent *x;
    bool any = false;
    DIR *d = opendir(dir);
    while (d && !any && (x = readdir(d)))
        any = strcmp(x->d_name, ".") != 0 && strcmp(x->d_name, "..") != 0;
    if (d)
        closedir(d);
    return any;
}

static enum err begin(struct restoring *r, struct fault *f)
{
    size_t n = strlen(r->app->dir);
    while (n > 1 && r->app->dir[n - 1] == '/')
        n--;
    if (snprintf(r->dir, sizeof r->dir, "%.*s.restoring", (int)n, r->app->dir) >= 480 || strlen(r->in->target) >= CHEST_DIR - 1)
        return fault_set(f, ERR_TOO_LONG, "--data", slice_str(r->app->dir), "want.short_path");
    r->there = is_there(r->app->dir);
    if (r->in->check || !r->there)
        return OK;
    if (!r->in->replace)
        return fault_set(f, ERR_EXISTS, "--data", slice_str(r->app->dir), "want.replace");
    return store_take_lock(r->app->dir, &r->lock, f);
}

/* ---- witnesses: they know of a log that is longer, or another, when nothing here does ---- */

struct asking {
    struct restoring *r;
    uint64_t longer;
    bool forked;
};

static void on_answer(void *arg, const struct witness_answer *a)
{
    struct asking *x = arg;
    x->r->out->witnesses++;
    x->r->out->reached += a->said != SAID_UNREACHABLE;
    if (a->said == SAID_REWOUND && a->known > x->longer)
        x->longer = a->known;
    x->forked |= a->said == SAID_FORKED;
    if (a->said != SAID_COSIGNED && x->r->in->witness)
        x->r->in->witness(x->r->in->arg, a);
}

static enum err ask(struct restoring *r, struct fault *f)
{
    struct asking x = {.r = r};
    char number[24];
    size_t asked;
    enum err e = use_witness_ask(r->made, on_answer, &x, &asked, f);
    if (!e && x.forked)
        return fault_set(f, ERR_CONFLICT, "log", slice_str(r->in->target), "want.backup_history");
    if (e || !x.longer)
        return e;
    r->out->known = x.longer;
    snprintf(number, sizeof number, "%llu", (unsigned long long)x.longer);
    return r->in->accept_loss ? OK : fault_set(f, ERR_REFUSED, "log", slice_str(number), "want.no_longer_log");
}

/* ---- in place ---- */

static enum err sync_above(const char *dir, struct fault *f)
{
    char parent[520];
    snprintf(parent, sizeof parent, "%s", dir);
    char *slash = strrchr(parent, '/');
    if (slash == parent)
        slash++;
    if (slash)
        *slash = 0;
    return file_sync_dir(slash ? parent : ".", f);
}

static enum err put_in_place(struct restoring *r, struct fault *f)
{
    char to[520], when[25];
    size_t n = strlen(r->dir) - strlen(".restoring");
    snprintf(to, sizeof to, "%.*s", (int)n, r->dir);
    time_text(r->app->clock(r->app->arg), when);
    if (r->there) {
        snprintf(r->out->aside, sizeof r->out->aside, "%s.before-%s", to, when);
        if (rename(to, r->out->aside))
            return fault_sys(f, errno, to);
    }
    if (rename(r->dir, to)) {
        enum err e = fault_sys(f, errno, to);
        if (r->there && rename(r->out->aside, to) == 0)
            r->out->aside[0] = 0;
        return e;
    }
    return sync_above(to, f);
}

enum err use_restore(struct app *app, const struct use_restore_in *in, struct use_restore_out *out, struct fault *f)
{
    struct restoring r = {.app = app, .in = in, .out = out, .lock = -1, .chest = {.lock = -1}};
    *out = (struct use_restore_out){0};
    enum err e = begin(&r, f);
    if (!e && !(e = restore_judge(&r, f)) && !out->wrong && !in->check && !(e = restore_make(&r, f)) && !(e = ask(&r, f))) {
        app_close(r.made);
        r.made = NULL;
        e = put_in_place(&r, f);
    }
    app_close(r.made);
    mem_free(r.tiles);
    chest_close(&r.chest);
    if (r.lock >= 0)
        close(r.lock);
    return e;
}
