/* A body that is taken and written again reads the same; unknown members alone get lost on the way. */
#include "domain/body.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct profile_kind kind = {.name = "sold", .label = "kind.sold", .rule_count = 2,
        .rule = {{.what = EFFECT_OWNER, .set = true, .from = "from", .to = "to"}, {.what = EFFECT_PLACE, .field = "country"}}};
    struct record r = {.bytes = SLICE("x")};
    struct arena a;
    struct event ev, again;
    struct body_row row, row_again;
    struct buf one, two;
    r.h.subject_count = 3;
    for (unsigned i = 0; i < 3; i++)
        r.h.subject[i] = (struct record_subject){i ? SUBJECT_PARTY : SUBJECT_ITEM, {{(uint8_t)(i + 1)}}};
    arena_init(&a, 1u << 24);
    buf_init(&one, 1u << 20);
    buf_init(&two, 1u << 20);
    if (n <= RECORD_MAX && body_read(&a, &r, slice_of((const char *)data, n), &kind, &ev, &row) == OK) {
        must(body_write(&ev, &row, &r.h, &one) == OK);
        must(body_read(&a, &r, buf_view(&one), &kind, &again, &row_again) == OK);
        must(body_write(&again, &row_again, &r.h, &two) == OK);
        must(slice_eq(buf_view(&one), buf_view(&two)));
        must(one.n <= n);
    }
    buf_free(&one);
    buf_free(&two);
    arena_free(&a);
    return 0;
}
