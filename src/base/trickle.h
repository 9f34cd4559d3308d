/* How much may be written of what strangers can cause: a number at once, then one each so often. What is left out is counted and told with the next that
 * is written, so that a flood is seen in a line and fills no disk. */
#ifndef BASE_TRICKLE_H
#define BASE_TRICKLE_H
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct trickle {
    pthread_mutex_t lock;
    int64_t every, most; /* ns from one to the next; how much may come at once, as time */
    int64_t saved, at;   /* time that is not used up yet; when that was looked at */
    uint64_t left_out;
};
void trickle_init(struct trickle *t, int at_once, int64_t every);
void trickle_free(struct trickle *t);
/* May it be written? Then *out_left_out were not since the last. now: monotonic ns. Any thread. */
bool trickle_take(struct trickle *t, int64_t now, uint64_t *out_left_out);
#endif
