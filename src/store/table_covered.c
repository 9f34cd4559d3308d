/* Statements of the table covered: how far the derived tables follow the log. */
#include "store/store_inner.h"
#include <stdio.h>
#include "base/banned.h"

static const struct statement by_name = {"SELECT value FROM covered WHERE name = $1"};
static const struct statement put = {
    "INSERT INTO covered (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"};

enum err covered_select(struct engine *e, uint64_t *out, struct fault *f)
{
    struct value in[] = {V_SLICE(SLICE("records"))}, row[1];
    struct rows *r;
    bool found;
    enum err err = engine_one(e, &by_name, in, 1, row, 1, &found, &r, f);
    if (err)
        return err;
    if (!found)
        return fault_set(f, ERR_DAMAGED, "covered", SLICE(""), "");
    if (!slice_u64(row[0].b, UINT64_MAX, out))
        err = fault_set(f, ERR_DAMAGED, "covered", row[0].b, "");
    e->verbs->stop(r);
    return err;
}

enum err covered_upsert(struct engine *e, uint64_t records, struct fault *f)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long)records);
    struct value in[] = {V_SLICE(SLICE("records")), V_SLICE(slice_of(text, (size_t)n))};
    return engine_run(e, &put, in, 2, f);
}
