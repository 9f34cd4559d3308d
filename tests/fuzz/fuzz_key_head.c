/* The head of a key store: what is taken is written back to the same bytes; what is sealed in it is any bytes of somebody who had the
 * master key, and is read as strictly. */
#include "keys/head.h"
#include <stdlib.h>

static void whole(struct slice in)
{
    struct key_head h;
    struct buf out;
    if (head_parse(in, &h))
        return;
    buf_init(&out, KEY_HEAD_MAX);
    head_write(&h, &out);
    if (!slice_eq(buf_view(&out), in))
        abort();
    buf_free(&out);
}

static void body(struct slice in)
{
    static const uint8_t master[SEAL_KEY] = {1};
    struct key_head h = {.generation = 1};
    struct key_body b;
    struct buf sealed, again;
    uint8_t clear[24] = "ATHRKEY2";
    buf_init(&sealed, KEY_HEAD_MAX);
    buf_init(&again, KEY_HEAD_MAX);
    uint8_t *p = buf_room(&sealed, SEAL_NONCE + in.n + SEAL_TAG);
    memset(p, 7, SEAL_NONCE);
    seal_box(master, p, slice_of((const char *)clear, sizeof clear), in, p + SEAL_NONCE);
    h.body = buf_view(&sealed);
    enum err e = body_open(&h, master, &b);
    if (e != OK && e != ERR_DAMAGED)
        abort();
    if (!e && (body_seal(&h, &b, master, &again) || again.n != sealed.n))
        abort();
    if (!e)
        body_free(&b);
    buf_free(&sealed);
    buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    if (seal_init() || size > 1 << 20)
        return 0;
    whole(in);
    body(in);
    return 0;
}
