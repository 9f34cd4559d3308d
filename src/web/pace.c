#include "web/pace.h"
#include <pthread.h>
#include "base/arena.h"
#include "base/banned.h"

#define PROBES 8

struct bucket {
    uint8_t net[16];
    int64_t at;    /* ms; 0 = free */
    int64_t drops; /* thousandths of a request */
};
struct pace {
    pthread_mutex_t lock;
    uint64_t seed; /* where this process lies: addresses cannot be chosen to meet in one row */
    struct bucket row[PACE_ROWS];
};

struct pace *pace_new(void)
{
    struct pace *p = mem_alloc(1, sizeof *p);
    if (!p)
        return NULL;
    pthread_mutex_init(&p->lock, NULL);
    p->seed = (uint64_t)(uintptr_t)p * UINT64_C(0x9e3779b97f4a7c15);
    return p;
}

void pace_free(struct pace *p)
{
    if (!p)
        return;
    pthread_mutex_destroy(&p->lock);
    mem_free(p);
}

static void net_of(const struct via_address *a, uint8_t out[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    memcpy(out, a->b, 16);
    if (memcmp(a->b, mapped, sizeof mapped) != 0)
        memset(out + 8, 0, 8);
}

static struct bucket *find(struct pace *p, const uint8_t net[16])
{
    uint64_t part[2], h;
    memcpy(part, net, sizeof part);
    h = (part[0] ^ p->seed) * UINT64_C(0xff51afd7ed558ccd);
    h = ((h ^ h >> 32) + part[1]) * UINT64_C(0xc4ceb9fe1a85ec53);
    h ^= h >> 29;
    struct bucket *oldest = NULL;
    for (size_t i = 0; i < PROBES; i++) {
        struct bucket *b = &p->row[(h + i) % PACE_ROWS];
        if (b->at && memcmp(b->net, net, 16) == 0)
            return b;
        if (!oldest || b->at < oldest->at)
            oldest = b;
    }
    *oldest = (struct bucket){.drops = PACE_BURST * 1000};
    memcpy(oldest->net, net, 16);
    return oldest;
}

int pace_take(struct pace *p, const struct via_address *a, int64_t now)
{
    uint8_t net[16];
    net_of(a, net);
    pthread_mutex_lock(&p->lock);
    struct bucket *b = find(p, net);
    if (b->at && now > b->at)
        b->drops += (now - b->at) * PACE_RATE;
    if (b->drops > PACE_BURST * 1000)
        b->drops = PACE_BURST * 1000;
    b->at = now > 0 ? now : 1;
    bool go = b->drops >= 1000;
    if (go)
        b->drops -= 1000;
    pthread_mutex_unlock(&p->lock);
    return go ? 0 : 1;
}
