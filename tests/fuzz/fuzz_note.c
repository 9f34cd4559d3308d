/* A note, a key and a checkpoint from outside: whatever is taken is written again as it was. */
#include "ledger/note.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice s = slice_of((const char *)data, n);
    struct note_key k, known;
    struct note_found found;
    struct checkpoint c, again;
    struct buf b;
    buf_init(&b, NOTE_MAX);
    if (note_key_parse(s, &k) == OK) {
        note_key_write(&k, &b);
        must(note_key_parse(buf_view(&b), &known) == OK && known.id == k.id);
    }
    must(note_key_parse(SLICE("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), &known) == OK);
    if (note_check(s, &known, 1, &found) == OK)
        must(found.valid == 1 && found.text.n < n);
    if (n < NOTE_MAX && checkpoint_parse(s, &c) == OK) {
        buf_reset(&b);
        checkpoint_write(&c, &b);
        must(b.n <= n && memcmp(b.p, s.p, b.n) == 0);
        must(checkpoint_parse(buf_view(&b), &again) == OK && again.size == c.size && hash_eq(&again.root, &c.root));
    }
    buf_free(&b);
    return 0;
}
