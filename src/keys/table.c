/* Persons' keys in memory: entries in order of arrival, found through a table of their numbers. Ids of imported persons are keyed
 * hashes and own ones are random, but anybody may name one: the table mixes them with a multiplier that is as good for either. */
#include "keys/keys_in.h"
#include "base/banned.h"

#define ENTRIES_MAX ((size_t)400 << 20)

bool entry_is_gone(const struct key_entry *e)
{
    static const uint8_t none[SEAL_KEY];
    return memcmp(e->key, none, sizeof none) == 0;
}

static size_t place_of(const struct key_table *t, const struct subject_id *id)
{
    uint64_t a, b;
    memcpy(&a, id->b, 8);
    memcpy(&b, id->b + 8, 8);
    return (size_t)(((a ^ b * 0x9e3779b97f4a7c15u) * 0x9e3779b97f4a7c15u) >> 20) & (t->slots - 1);
}

static uint32_t *slot_of(const struct key_table *t, const struct subject_id *id)
{
    size_t i = place_of(t, id);
    while (t->slot[i] && !subject_eq(&t->entry[t->slot[i] - 1].id, id))
        i = (i + 1) & (t->slots - 1);
    return &t->slot[i];
}

struct key_entry *table_find(const struct key_table *t, const struct subject_id *id)
{
    uint32_t *s = t->slots ? slot_of(t, id) : NULL;
    return s && *s ? &t->entry[*s - 1] : NULL;
}

static bool widen(struct key_table *t)
{
    struct key_table wider = *t;
    wider.slots = t->slots ? t->slots * 2 : 1024;
    wider.slot = mem_alloc(wider.slots, sizeof *wider.slot);
    if (!wider.slot)
        return false;
    for (size_t i = 0; i < t->n; i++)
        *slot_of(&wider, &t->entry[i].id) = (uint32_t)i + 1;
    mem_free(t->slot);
    *t = wider;
    return true;
}

/* As mem_grow, but what moves is wiped where it was. */
static bool grow_entries(struct key_table *t)
{
    size_t cap = t->cap ? t->cap + t->cap / 2 : 1024;
    struct key_entry *wider = cap <= ENTRIES_MAX ? mem_alloc(cap, sizeof *wider) : NULL;
    if (!wider)
        return false;
    if (t->n)
        memcpy(wider, t->entry, t->n * sizeof *wider);
    if (t->entry)
        seal_wipe(t->entry, t->cap * sizeof *t->entry);
    mem_free(t->entry);
    t->entry = wider;
    t->cap = cap;
    return true;
}

bool table_put(struct key_table *t, const struct key_entry *e)
{
    if (t->n == t->cap && !grow_entries(t))
        return false;
    if ((t->n + 1) * 3 > t->slots * 2 && !widen(t))
        return false;
    t->entry[t->n] = *e;
    *slot_of(t, &e->id) = (uint32_t)++t->n;
    return true;
}

void table_free(struct key_table *t)
{
    if (t->entry)
        seal_wipe(t->entry, t->cap * sizeof *t->entry);
    mem_free(t->entry);
    mem_free(t->slot);
    *t = (struct key_table){0};
}
