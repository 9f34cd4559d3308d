#include "people/throttle.h"
#include <pthread.h>
#include "base/arena.h"
#include "base/hash.h"
#include "base/banned.h"

#define PROBES 16

struct row {
    uint64_t key; /* 0 = free */
    uint32_t failures;
    int64_t last; /* ms */
};
struct throttle {
    pthread_mutex_t lock;
    uint64_t failures;
    struct row row[THROTTLE_ROWS];
};
enum part { PAIR, SOURCE, ACCOUNT, PARTS };
static const struct {
    uint32_t free;
    int64_t most;
} limits[PARTS] = {[PAIR] = {THROTTLE_PAIR_FREE, THROTTLE_PAIR_MAX}, [SOURCE] = {THROTTLE_SOURCE_FREE, THROTTLE_SOURCE_MAX},
    [ACCOUNT] = {THROTTLE_ACCOUNT_FREE, THROTTLE_ACCOUNT_MAX}};

struct throttle *throttle_new(void)
{
    struct throttle *t = mem_alloc(1, sizeof *t);
    if (t)
        pthread_mutex_init(&t->lock, NULL);
    return t;
}

void throttle_free(struct throttle *t)
{
    if (t)
        pthread_mutex_destroy(&t->lock);
    mem_free(t);
}

static uint64_t key_of(enum part part, struct slice account, struct slice source)
{
    struct hash_stream *s = hash_begin();
    uint8_t head[2] = {(uint8_t)part, (uint8_t)(part == SOURCE ? 0 : account.n)};
    uint64_t key = 1;
    if (!s)
        return key; /* without memory all share one row: slower, never open */
    hash_add(s, head, sizeof head);
    if (part != SOURCE)
        for (size_t i = 0; i < account.n; i++) {
            char c = account.p[i] >= 'A' && account.p[i] <= 'Z' ? (char)(account.p[i] | 32) : account.p[i];
            hash_add(s, &c, 1);
        }
    if (part != ACCOUNT)
        hash_add(s, source.p, source.n);
    struct hash h = hash_done(s);
    memcpy(&key, h.b, sizeof key);
    return key ? key : 1;
}

static struct row *find(struct throttle *t, uint64_t key, bool make)
{
    struct row *oldest = NULL;
    for (size_t i = 0; i < PROBES; i++) {
        struct row *r = &t->row[(key + i) % THROTTLE_ROWS];
        if (r->key == key)
            return r;
        if (!oldest || !r->key || (oldest->key && r->last < oldest->last))
            oldest = r;
    }
    if (make)
        *oldest = (struct row){.key = key};
    return make ? oldest : NULL;
}

static int64_t delay(struct row *r, enum part part, int64_t now)
{
    if (r && r->last > now) /* a clock that was set back makes nobody wait longer than from now on */
        r->last = now;
    if (!r || r->failures < limits[part].free || now - r->last > (int64_t)THROTTLE_FORGET * 1000)
        return 0;
    uint32_t over = r->failures - limits[part].free;
    int64_t seconds = over > 20 || (int64_t)1 << over > limits[part].most ? limits[part].most : (int64_t)1 << over;
    int64_t left = r->last + seconds * 1000 - now;
    return left > 0 ? (left + 999) / 1000 : 0;
}

int64_t throttle_wait(struct throttle *t, struct slice account, struct slice source, bool known_device, int64_t now)
{
    int64_t most = 0;
    pthread_mutex_lock(&t->lock);
    for (int p = PAIR; p < (known_device ? SOURCE : PARTS); p++) {
        int64_t d = delay(find(t, key_of((enum part)p, account, source), false), (enum part)p, now);
        most = d > most ? d : most;
    }
    pthread_mutex_unlock(&t->lock);
    return most;
}

void throttle_failed(struct throttle *t, struct slice account, struct slice source, int64_t now)
{
    pthread_mutex_lock(&t->lock);
    t->failures++;
    for (int p = PAIR; p < PARTS; p++) {
        struct row *r = find(t, key_of((enum part)p, account, source), true);
        if (now - r->last > (int64_t)THROTTLE_FORGET * 1000)
            r->failures = 0;
        r->failures += r->failures < UINT32_MAX;
        r->last = now;
    }
    pthread_mutex_unlock(&t->lock);
}

uint64_t throttle_failures(struct throttle *t)
{
    pthread_mutex_lock(&t->lock);
    uint64_t n = t->failures;
    pthread_mutex_unlock(&t->lock);
    return n;
}

void throttle_passed(struct throttle *t, struct slice account, struct slice source)
{
    pthread_mutex_lock(&t->lock);
    struct row *r = find(t, key_of(PAIR, account, source), false);
    if (r)
        *r = (struct row){0};
    pthread_mutex_unlock(&t->lock);
}
