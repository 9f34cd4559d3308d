#include "use/sequence.h"
#include "ledger/sequence.h"
#include <time.h>
#include "base/banned.h"

#define IDLE_MS 4          /* between looks when nothing is staged: what a writer's receipt waits at least, on average half */
#define STAND_MS 250       /* between elections */
#define LOOK_EVERY 32      /* rounds between looks whether to give way */
#define TIDY_EVERY 1000000 /* rounds */

static void nap(int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

static enum err serve(struct app *app, struct log *l, const struct use_sequence_in *in, struct fault *f)
{
    enum err e = OK;
    bool wanted = false;
    for (unsigned i = 0; !e && !wanted && !in->stop(in->arg); i++) {
        size_t taken;
        e = sequence_round(l, app->clock(app->arg), &taken, f);
        if (!e && i % TIDY_EVERY == 0)
            e = sequence_tidy(l, app->clock(app->arg), f);
        if (!e && i % LOOK_EVERY == 0)
            e = store_wanted(l->store, &wanted, f);
        if (!e && !taken)
            nap(IDLE_MS);
    }
    return e;
}

static enum err stand(struct app *app, const struct use_sequence_in *in, struct fault *f)
{
    struct store *s;
    struct log l;
    enum err e = store_open(app->dir, STORE_SEQUENCE, &s, f);
    if (e)
        return e;
    if (in->elected)
        in->elected(in->arg);
    if (!(e = log_open(&l, s, f))) {
        if (!(e = log_publish(&l, f)) && !(e = store_derive(s, NULL, f))) /* what an earlier one left underived */
            e = serve(app, &l, in, f);
        enum err published = log_close(&l, e ? NULL : f); /* before another writer may begin */
        e = e ? e : published;
    }
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
        nap(STAND_MS);
    }
    *f = (struct fault){0};
    return OK;
}
