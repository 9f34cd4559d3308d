#include "base/trickle.h"
#include "base/banned.h"

void trickle_init(struct trickle *t, int at_once, int64_t every)
{
    *t = (struct trickle){.every = every, .most = at_once * every, .saved = at_once * every};
    pthread_mutex_init(&t->lock, NULL);
}

void trickle_free(struct trickle *t)
{
    pthread_mutex_destroy(&t->lock);
}

bool trickle_take(struct trickle *t, int64_t now, uint64_t *out_left_out)
{
    pthread_mutex_lock(&t->lock);
    int64_t passed = t->at && now > t->at ? now - t->at : 0;
    t->saved = passed > t->most - t->saved ? t->most : t->saved + passed;
    t->at = now;
    bool go = t->saved >= t->every;
    if (go) {
        t->saved -= t->every;
        *out_left_out = t->left_out;
        t->left_out = 0;
    } else {
        t->left_out++;
    }
    pthread_mutex_unlock(&t->lock);
    return go;
}
