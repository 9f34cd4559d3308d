/* Waiting for a database that is busy with others, or that does not answer just now. */
#include <time.h>
#include "base/seal.h"
#include "base/time.h"
#include "store/store.h"
#include "base/banned.h"

#define PATIENCE 60000000000 /* ns */

bool store_again(struct patience *p, enum err e, struct fault *f)
{
    int64_t now = time_mono_ns();
    uint16_t spread;
    if (e != ERR_BUSY && e != ERR_LOST)
        return false;
    p->begun = p->tries ? p->begun : now;
    if (now - p->begun > PATIENCE)
        return false;
    seal_random(&spread, sizeof spread); /* two that met must not meet again */
    int64_t ms = ((int64_t)20 << (p->tries < 6 ? p->tries : 6)) + spread % 40;
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
    p->tries++;
    if (f)
        *f = (struct fault){0};
    return true;
}
