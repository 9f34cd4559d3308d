#include "store/keys.h"
#include "base/arena.h"
#include "base/file.h"
#include <unistd.h>
#include "base/banned.h"

/* One line a key: "name hex". */
static const struct line {
    const char *name;
    size_t offset, size;
} lines[] = {
    {"register_id", offsetof(struct keys, register_id), sizeof(struct key_id)},
    {"register", offsetof(struct keys, reg), SEAL_KEY},
    {"person_root", offsetof(struct keys, person_root), SEAL_KEY},
    {"import", offsetof(struct keys, import), SEAL_KEY},
    {"blind", offsetof(struct keys, blind), SEAL_KEY},
    {"index", offsetof(struct keys, index), SEAL_KEY},
};
#define LINES (sizeof lines / sizeof lines[0])

enum err keys_create(const char *path, void (*random)(void *arg, void *out, size_t n), void *arg, struct fault *f)
{
    struct keys k;
    struct buf out;
    if (access(path, F_OK) == 0)
        return fault_set(f, ERR_EXISTS, "keys", slice_str(path), "want.new_directory");
    random(arg, &k, sizeof k);
    buf_init(&out, 4096);
    buf_str(&out, "athar-keys 1\n");
    for (size_t i = 0; i < LINES; i++) {
        buf_printf(&out, "%s ", lines[i].name);
        buf_hex(&out, (const uint8_t *)&k + lines[i].offset, lines[i].size);
        buf_byte(&out, '\n');
    }
    enum err e = out.err ? out.err : file_replace(path, buf_view(&out), 0600, f);
    seal_wipe(&k, sizeof k);
    if (out.p)
        seal_wipe(out.p, out.n);
    buf_free(&out);
    return e;
}

/* The value of a line, or false. */
static bool line_value(struct slice text, const char *name, struct slice *out)
{
    size_t name_n = strlen(name);
    while (text.n) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        if (n > name_n && memcmp(text.p, name, name_n) == 0 && text.p[name_n] == ' ') {
            *out = slice_of(text.p + name_n + 1, n - name_n - 1);
            return true;
        }
        text = slice_of(text.p + n + (end != NULL), text.n - n - (end != NULL));
    }
    return false;
}

enum err keys_load(const char *path, struct keys *out, struct fault *f)
{
    struct buf text;
    buf_init(&text, 4096);
    enum err e = file_read(path, &text, f);
    for (size_t i = 0; !e && i < LINES; i++) {
        struct slice hex;
        if (!line_value(buf_view(&text), lines[i].name, &hex) || !hex_to(hex, (uint8_t *)out + lines[i].offset, lines[i].size))
            e = fault_set(f, ERR_KEY, lines[i].name, slice_str(path), "want.key_file");
    }
    if (text.p)
        seal_wipe(text.p, text.n);
    buf_free(&text);
    return e;
}

void keys_person(const struct keys *k, const struct subject_id *party, uint8_t out[SEAL_KEY])
{
    hash_hmac(k->person_root, party->b, sizeof party->b, out);
}

void keys_token(const uint8_t key[SEAL_KEY], const char *label, struct slice a, struct slice b, uint64_t n, uint8_t out[16])
{
    uint8_t small[1024], mac[32];
    struct buf m;
    size_t label_n = strlen(label), need = label_n + a.n + b.n + 26;
    buf_init(&m, need);
    uint8_t *p = need <= sizeof small ? small : buf_room(&m, need), *q = p;
    if (!p) { /* no memory for a key of this length: cannot happen below RECORD_MAX */
        memset(out, 0, 16);
        return;
    }
    memcpy(q, label, label_n + 1);
    q += label_n + 1;
    for (int i = 0; i < 2; i++) { /* length before bytes: no two pairs give one message */
        struct slice s = i ? b : a;
        for (int k = 56; k >= 0; k -= 8)
            *q++ = (uint8_t)((uint64_t)s.n >> k);
        if (s.n)
            memcpy(q, s.p, s.n);
        q += s.n;
    }
    for (int k = 56; k >= 0; k -= 8)
        *q++ = (uint8_t)(n >> k);
    hash_hmac(key, p, (size_t)(q - p), mac);
    memcpy(out, mac, 16);
    buf_free(&m);
}
