/* What derived rows depend on beside the records: the tables of terms compiled in (numbers of makes, calibres, types), and the code that derives. Its
 * stamp stands beside `covered`, so that a program with other ones does not add its rows to those. */
#include "base/embed.h"
#include "store/store_inner.h"
#include "base/banned.h"

#define DERIVE_VERSION "1" /* grows with each change of code (fold, marks, derive) after which the same records give other rows */
#define REBUILT_AT_ONCE 200000 /* records: about a second */

static const struct statement by_name = {"SELECT value FROM covered WHERE name = $1"};
static const struct statement put = {
    "INSERT INTO covered (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"};

void store_stamp(uint8_t out[STORE_STAMP])
{
    struct hash sum = hash_of(DERIVE_VERSION, sizeof DERIVE_VERSION);
    for (const struct embed *e = embed_files; e->name; e++)
        if (slice_starts(slice_str(e->name), "data/terms/") && !strstr(e->name, ".md")) {
            struct hash all[] = {sum, hash_of(e->name, strlen(e->name)), hash_of(e->data, e->n)};
            sum = hash_of(all, sizeof all);
        }
    memcpy(out, sum.b, STORE_STAMP);
}

enum err stamp_put(struct engine *e, struct fault *f)
{
    uint8_t stamp[STORE_STAMP];
    char text[2 * STORE_STAMP + 1] = "";
    store_stamp(stamp);
    hex_of(stamp, STORE_STAMP, text);
    struct value in[] = {V_SLICE(SLICE("stamp")), V_SLICE(slice_of(text, 2 * STORE_STAMP))};
    return engine_run(e, &put, in, 2, f);
}

enum err store_stamped(struct store *s, bool *out, struct fault *f)
{
    struct value in[] = {V_SLICE(SLICE("stamp"))}, row[1];
    uint8_t stamp[STORE_STAMP], have[STORE_STAMP];
    struct rows *r;
    bool found;
    *out = false;
    enum err e = engine_one(s->engine, &by_name, in, 1, row, 1, &found, &r, f);
    if (e || !found)
        return e;
    store_stamp(stamp);
    *out = hex_to(row[0].b, have, sizeof have) && memcmp(have, stamp, sizeof stamp) == 0;
    s->engine->verbs->stop(r);
    return OK;
}

enum err store_stale(struct store *s, bool *out, struct fault *f)
{
    bool same;
    uint64_t covered = 0;
    enum err e = store_stamped(s, &same, f);
    if (!e && !same)
        e = covered_select(s->engine, &covered, f);
    if (!e)
        *out = covered > REBUILT_AT_ONCE;
    return e;
}

enum err stamp_heal(struct store *s, struct fault *f)
{
    bool same;
    uint64_t covered = 0;
    enum err e = store_stamped(s, &same, f);
    if (e || same || (e = covered_select(s->engine, &covered, f)))
        return e;
    if (covered > REBUILT_AT_ONCE)
        return fault_set(f, ERR_REFUSED, "derived", SLICE(""), "want.rebuild_terms");
    return store_rebuild(s, NULL, f);
}
