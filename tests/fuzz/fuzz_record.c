/* A record that is taken would be written the same way: header, salt, and each section's place and length. */
#include "domain/record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* The same header, salt and sections of the same sizes, encoded anew: equal up to the first sealed byte of each section. */
static void encode_again(const struct record *r)
{
    static const uint8_t key[SEAL_KEY];
    static char text[RECORD_MAX];
    uint8_t random[RECORD_SALT + RECORD_SECTIONS * SEAL_NONCE];
    struct record_plain p[RECORD_SECTIONS];
    struct buf out;
    memcpy(random, r->header_bytes.p + r->header_bytes.n - RECORD_SALT, RECORD_SALT);
    for (size_t i = 0; i < r->section_count; i++) {
        memcpy(random + RECORD_SALT + i * SEAL_NONCE, r->section[i].nonce, SEAL_NONCE);
        p[i] = (struct record_plain){r->section[i].kind, r->section[i].key, key, slice_of(text, r->section[i].sealed.n - SEAL_TAG)};
    }
    buf_init(&out, RECORD_MAX);
    must(record_encode(&r->h, p, r->section_count, random, &out, NULL) == OK);
    must(out.n == r->bytes.n);
    for (size_t i = 0; i < r->section_count; i++) { /* sealed bytes differ: the key is not known */
        size_t at = (size_t)(r->section[i].sealed.p - r->bytes.p);
        memcpy(out.p + at, r->section[i].sealed.p, r->section[i].sealed.n);
    }
    must(memcmp(out.p, r->bytes.p, out.n) == 0);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct record r;
    if (seal_init() == OK && record_parse(slice_of((const char *)data, n), &r) == OK)
        encode_again(&r);
    return 0;
}
