#include "ledger/log_key.h"

#include <stdio.h>
#include <unistd.h>
#include "base/file.h"
#include "base/seal.h"
#include "base/banned.h"

#define HEADING "athar-log-key 1\n"

void log_key_path(const char *dir, char out[600])
{
    snprintf(out, 600, "%s/log.key", dir);
}

enum err log_key_create(const char *path, const char *name, enum note_type type, void (*random)(void *arg, void *out, size_t n), void *arg,
    struct fault *f)
{
    uint8_t seed[SIGN_SEED];
    char text[256], hex[2 * SIGN_SEED + 1] = "";
    struct note_key check;
    if (access(path, F_OK) == 0)
        return fault_set(f, ERR_EXISTS, "log.key", slice_str(path), "want.new_directory");
    if (note_key_of(name, type, seed, &check))
        return fault_set(f, ERR_FORMAT, "--name", slice_str(name), "want.origin");
    random(arg, seed, sizeof seed);
    hex_of(seed, sizeof seed, hex);
    int n = snprintf(text, sizeof text, HEADING "%u %s %s\n", (unsigned)type, hex, name);
    enum err e = file_replace(path, slice_of(text, (size_t)n), 0600, f);
    seal_wipe(seed, sizeof seed);
    seal_wipe(hex, sizeof hex);
    seal_wipe(text, sizeof text);
    return e;
}

/* "type seed name" */
static enum err read_line(struct slice s, struct log_key *out)
{
    uint8_t seed[SIGN_SEED];
    char name[NOTE_NAME + 1] = "";
    size_t head = 2 + 2 * SIGN_SEED + 1;
    if (s.n < head + 2 || s.n > head + NOTE_NAME + 1 || s.p[s.n - 1] != '\n' || s.p[1] != ' ' || s.p[head - 1] != ' ' ||
        (s.p[0] != '0' + NOTE_ED25519 && s.p[0] != '0' + NOTE_COSIGNATURE) || !hex_to(slice_of(s.p + 2, 2 * SIGN_SEED), seed, sizeof seed))
        return ERR_KEY;
    memcpy(name, s.p + head, s.n - head - 1);
    sign_key_of(seed, &out->sign);
    seal_wipe(seed, sizeof seed);
    return note_key_of(name, (enum note_type)(s.p[0] - '0'), out->sign.pub, &out->name) ? ERR_KEY : OK;
}

enum err log_key_load(const char *path, struct log_key *out, struct fault *f)
{
    struct buf text;
    size_t head = sizeof HEADING - 1;
    buf_init(&text, 1024);
    enum err e = file_read(path, &text, f);
    if (!e && (!slice_starts(buf_view(&text), HEADING) || read_line(slice_of(text.p + head, text.n - head), out)))
        e = fault_set(f, ERR_KEY, "log.key", slice_str(path), "want.log_key");
    if (text.p)
        seal_wipe(text.p, text.n);
    buf_free(&text);
    return e;
}

void log_key_forget(struct log_key *k)
{
    sign_forget(&k->sign);
}
