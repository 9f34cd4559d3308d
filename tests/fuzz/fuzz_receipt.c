/* A receipt from outside, in either form: what is taken is written again and read as the same; none holds under a key that signed nothing. */
#include "ledger/receipt.h"

#include <stdlib.h>

static void must(bool ok)
{
    if (!ok)
        abort();
}

static bool same(const struct receipt *a, const struct receipt *b)
{
    return a->position == b->position && hash_eq(&a->record, &b->record) && a->proof.n == b->proof.n &&
        memcmp(a->proof.hash, b->proof.hash, a->proof.n * sizeof *a->proof.hash) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct receipt r, again;
    struct note_key key;
    struct note_found found;
    struct checkpoint c;
    struct arena a;
    struct buf out;
    arena_init(&a, 8u << 20);
    buf_init(&out, 8 * RECEIPT_MAX);
    if (receipt_parse(&a, slice_of((const char *)data, n), &r) == OK) {
        must(note_key_parse(SLICE("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), &key) == OK);
        must(receipt_check(&r, &key, 1, &found, &c) != OK);
        if (receipt_json(&r, &out) == OK && out.n <= RECEIPT_MAX)
            must(receipt_parse(&a, buf_view(&out), &again) == OK && same(&r, &again) && slice_eq(r.note, again.note));
        buf_reset(&out);
        if (receipt_line(&r, &out) == OK && out.n <= RECEIPT_MAX)
            must(receipt_parse(&a, buf_view(&out), &again) == OK && same(&r, &again));
    }
    buf_free(&out);
    arena_free(&a);
    return 0;
}
