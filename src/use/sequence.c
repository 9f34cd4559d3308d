#include "use/sequence.h"
#include "ledger/sequence.h"
#include <time.h>
#include "base/banned.h"

#define IDLE_MS 4          /* between looks when nothing is staged: what a writer's receipt waits at least, on average half */
#define STAND_MS 250       /* between elections */
#define TIDY_EVERY 1000000 /* rounds */

static void nap(int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

static enum err serve(struct app *app, struct log *l, const struct use_sequence_in *in, struct fault *f)
{
    enum err e = OK;
    for (unsigned i = 0; !e && !in->stop(in->arg); i++) {
        size_t taken;
        e = sequence_round(l, app->clock(app->arg), &taken, f);
        if (!e && i % TIDY_EVERY == 0)
            e = sequence_tidy(l, app->clock(app->arg), f);
        if (!e && !taken)
            nap(IDLE_MS);
    }
    return e;
}

/* Once elected: what an earlier one left underived comes first. */
static enum err stand(struct app *app, const struct use_sequence_in *in, struct fault *f)
{
    struct store *s;
    struct log l;
    enum err e = store_open(app->dir, STORE_WRITE, &s, f);
    if (e)
        return e;
    if (!store_shared(s))
        e = fault_set(f, ERR_REFUSED, "--data", slice_str(app->dir), "want.shared_database");
    if (!e && in->elected)
        in->elected(in->arg);
    if (!e && !(e = log_open(&l, s, f)) && !(e = store_derive(s, NULL, f)))
        e = serve(app, &l, in, f);
    store_close(s);
    return e;
}

enum err use_sequence(struct app *app, const struct use_sequence_in *in, struct fault *f)
{
    enum err e = OK;
    while (!in->stop(in->arg)) {
        e = stand(app, in, f);
        if (e && e != ERR_BUSY && e != ERR_LOST && e != ERR_CONFLICT)
            return e;
        if (e)
            nap(STAND_MS);
    }
    *f = (struct fault){0};
    return OK;
}
