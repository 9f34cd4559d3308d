#include "keys/keys_old.h"
#include "base/file.h"
#include "base/hash.h"
#include "keys/keys_in.h"
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

#define IN_ROOT SIZE_MAX

/* One line a key: "name hex". */
static const struct line {
    const char *name;
    size_t offset, size;
} lines[] = {
    {"register_id", offsetof(struct keys, register_id), sizeof(struct key_id)},
    {"register", offsetof(struct keys, reg), SEAL_KEY},
    {"import", offsetof(struct keys, import), SEAL_KEY},
    {"blind", offsetof(struct keys, blind), SEAL_KEY},
    {"index", offsetof(struct keys, index), SEAL_KEY},
    {"person_root", IN_ROOT, SEAL_KEY},
};
#define LINES (sizeof lines / sizeof lines[0])

static void path_in(const char *dir, const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s/%s", dir, name);
}

bool keys_old_is(const char *dir)
{
    char head[600], old[600];
    path_in(dir, "keystore/head", head, sizeof head);
    path_in(dir, "keys", old, sizeof old);
    return access(head, F_OK) != 0 && access(old, F_OK) == 0;
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

enum err keys_old_load(const char *dir, struct keys *out, uint8_t root[SEAL_KEY], struct fault *f)
{
    struct buf text;
    char path[600];
    path_in(dir, "keys", path, sizeof path);
    *out = (struct keys){0};
    buf_init(&text, 4096);
    enum err e = file_read(path, &text, f);
    for (size_t i = 0; !e && i < LINES; i++) {
        struct slice hex;
        uint8_t *to = lines[i].offset == IN_ROOT ? root : (uint8_t *)out + lines[i].offset;
        if (!line_value(buf_view(&text), lines[i].name, &hex) || !hex_to(hex, to, lines[i].size))
            e = fault_set(f, ERR_KEY, lines[i].name, slice_str(path), "want.key_store");
    }
    if (text.p)
        seal_wipe(text.p, text.n);
    buf_free(&text);
    return e;
}

/* ---- the way to a key store ---- */

enum err keys_upgrade_begin(const char *dir, struct key_store **out, struct fault *f)
{
    struct keys keys;
    uint8_t root[SEAL_KEY], fresh[16 + SEAL_KEY];
    enum err e = keys_old_load(dir, &keys, root, f);
    seal_random(fresh, sizeof fresh);
    seal_random(keys.log, sizeof keys.log); /* version 1 had none */
    if (!e && !(e = store_remove(dir, "keystore.new", f)) && !(e = store_make(dir, "keystore.new", &keys, fresh, fresh + 16, f)) &&
        !(e = store_open_at(dir, "keystore.new", KEYS_WRITE, out, f)))
        memcpy((*out)->root, root, sizeof root);
    seal_wipe(&keys, sizeof keys);
    seal_wipe(root, sizeof root);
    seal_wipe(fresh, sizeof fresh);
    return e;
}

enum err keys_upgrade_person(struct key_store *k, const struct subject_id *party, struct fault *f)
{
    struct key_entry e = {.id = *party};
    if (table_find(&k->table, party))
        return OK;
    hash_hmac(k->root, party->b, sizeof party->b, e.key);
    enum err err = table_put(&k->table, &e) ? OK : fault_set(f, ERR_MEMORY, "keys", SLICE(""), "");
    seal_wipe(&e, sizeof e);
    return err;
}

enum err keys_upgrade_end(struct key_store *k, struct fault *f)
{
    char from[600], to[600], old[600], base[512];
    enum err e = keys_flush(k, f);
    snprintf(base, sizeof base, "%s", k->base);
    keys_close(k);
    path_in(base, "keystore.new", from, sizeof from);
    path_in(base, "keystore", to, sizeof to);
    path_in(base, "keys", old, sizeof old);
    if (!e && rename(from, to))
        e = fault_sys(f, errno, to);
    if (!e && !(e = file_sync_dir(base, f)))
        e = file_shred(old, f);
    return e;
}
