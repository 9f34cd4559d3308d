#include "intake/claims.h"
#include <sodium.h>
#include "base/banned.h"

/* Claims are keyed hashes already: their first bytes are as good as any hash. */
static size_t place_of(const uint8_t claim[16], size_t cap)
{
    uint64_t h;
    memcpy(&h, claim, sizeof h);
    return (size_t)h & (cap - 1);
}

static bool is_empty(const struct claim_row *r)
{
    static const uint8_t none[16];
    return memcmp(r->claim, none, 16) == 0;
}

static void put(struct claims *c, const struct claim_row *r)
{
    size_t i = place_of(r->claim, c->cap);
    while (!is_empty(&c->slot[i]) && memcmp(c->slot[i].claim, r->claim, 16) != 0)
        i = (i + 1) & (c->cap - 1);
    c->n += is_empty(&c->slot[i]);
    c->slot[i] = *r;
}

static bool grow(struct claims *c)
{
    struct claims wider = {.cap = c->cap ? c->cap * 2 : 1024};
    wider.slot = mem_alloc(wider.cap, sizeof *wider.slot);
    if (!wider.slot)
        return false;
    for (size_t i = 0; i < c->cap; i++)
        if (!is_empty(&c->slot[i]))
            put(&wider, &c->slot[i]);
    mem_free(c->slot);
    *c = wider;
    return true;
}

static enum err add(void *arg, const struct claim_row *r)
{
    struct claims *c = arg;
    if (c->n * 3 >= c->cap * 2 && !grow(c))
        return ERR_MEMORY;
    put(c, r);
    return OK;
}

enum err claims_load(struct claims *c, struct store *s, struct fault *f)
{
    *c = (struct claims){0};
    return store_claims(s, add, c, f);
}

void claims_free(struct claims *c)
{
    mem_free(c->slot);
}

const struct claim_row *claims_find(const struct claims *c, const uint8_t claim[16])
{
    for (size_t i = place_of(claim, c->cap ? c->cap : 1); c->cap && !is_empty(&c->slot[i]); i = (i + 1) & (c->cap - 1))
        if (memcmp(c->slot[i].claim, claim, 16) == 0)
            return &c->slot[i];
    return NULL;
}

static bool widen(struct counted *c)
{
    struct counted wider = {.cap = c->cap ? c->cap * 2 : 4096};
    memcpy(wider.seed, c->seed, sizeof wider.seed);
    wider.slot = mem_alloc(wider.cap, sizeof *wider.slot);
    if (!wider.slot)
        return false;
    for (size_t i = 0; i < c->cap; i++) {
        if (!c->slot[i].count)
            continue;
        size_t k = c->slot[i].hash & (wider.cap - 1);
        while (wider.slot[k].count)
            k = (k + 1) & (wider.cap - 1);
        wider.slot[k] = c->slot[i];
    }
    wider.n = c->n;
    mem_free(c->slot);
    *c = wider;
    return true;
}

/* Keys are told apart by a 64-bit keyed hash: two of 10^8 keys of one file share one with a chance of 3 in 10^4, and then
 * one of them is counted as the second of its kind, which costs nothing but a higher occurrence number. */
uint64_t counted_next(struct counted *c, struct slice key)
{
    uint64_t h;
    if (c->n * 3 >= c->cap * 2 && !widen(c))
        return UINT64_MAX;
    crypto_shorthash((unsigned char *)&h, (const unsigned char *)key.p, key.n, c->seed);
    size_t i = h & (c->cap - 1);
    while (c->slot[i].count && c->slot[i].hash != h)
        i = (i + 1) & (c->cap - 1);
    c->n += c->slot[i].count == 0;
    c->slot[i].hash = h;
    return c->slot[i].count++;
}

void counted_free(struct counted *c)
{
    mem_free(c->slot);
}
