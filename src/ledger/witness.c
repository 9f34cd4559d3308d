#include "ledger/witness.h"

#include <errno.h>
#include <dirent.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/file.h"
#include "ledger/check.h"
#include "base/banned.h"

#define BASE64 sodium_base64_VARIANT_ORIGINAL

struct witness {
    char dir[512];
    struct log_key key;
    pthread_mutex_t lock;
    size_t n;
    struct note_key log[WITNESS_LOGS];
};

static struct slice next_line(struct slice *rest)
{
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    struct slice line = slice_of(rest->p, n);
    *rest = slice_of(rest->p + n + (end != NULL), rest->n - n - (end != NULL));
    return line;
}

/* ---- requests ---- */

static bool read_hash(struct slice s, struct hash *out)
{
    char again[sodium_base64_ENCODED_LEN(32, BASE64)];
    size_t n;
    if (s.n != sizeof again - 1 || sodium_base642bin(out->b, sizeof out->b, s.p, s.n, NULL, &n, NULL, BASE64) || n != sizeof out->b)
        return false;
    sodium_bin2base64(again, sizeof again, out->b, 32, BASE64);
    return slice_is(s, again);
}

enum err witness_parse(struct slice body, struct witness_request *out)
{
    struct witness_request r = {0};
    struct slice line;
    if (body.n > WITNESS_BODY_MAX || !slice_starts(body, "old "))
        return ERR_FORMAT;
    line = next_line(&body);
    line = slice_of(line.p + 4, line.n - 4);
    if (!line.n || (line.n > 1 && line.p[0] == '0') || !slice_u64(line, INT64_MAX, &r.old))
        return ERR_FORMAT;
    while (body.n && (line = next_line(&body)).n)
        if (r.n == sizeof r.proof / sizeof *r.proof || !read_hash(line, &r.proof[r.n++]))
            return ERR_FORMAT;
    r.note = body;
    if (!body.n)
        return ERR_FORMAT;
    *out = r;
    return OK;
}

void witness_write(const struct witness_request *r, struct buf *out)
{
    char code[sodium_base64_ENCODED_LEN(32, BASE64)];
    buf_printf(out, "old %llu\n", (unsigned long long)r->old);
    for (size_t i = 0; i < r->n; i++) {
        sodium_bin2base64(code, sizeof code, r->proof[i].b, 32, BASE64);
        buf_printf(out, "%s\n", code);
    }
    buf_byte(out, '\n');
    buf_slice(out, r->note);
}

/* ---- files ---- */

/* The folder's file for an origin, or for a pair of checkpoints. */
static void path_of(const struct witness *w, const char *folder, struct slice what, char out[640])
{
    char hex[33];
    struct hash h = hash_of(what.p, what.n);
    hex_of(h.b, 16, hex);
    hex[32] = 0;
    snprintf(out, 640, "%s/%s/%s", w->dir, folder, hex);
}

/* What was seen last of this log: nothing is a log without records. */
static enum err last_seen(const struct witness *w, const struct note_key *log, struct buf *note, struct checkpoint *c)
{
    char path[640];
    struct slice text;
    path_of(w, "seen", slice_str(log->name), path);
    enum err e = file_read(path, note, NULL);
    *c = (struct checkpoint){.origin = slice_str(log->name), .root = hash_of("", 0)};
    if (e == ERR_NOT_FOUND)
        return OK;
    if (!e && (note_text(buf_view(note), &text) || checkpoint_parse(text, c)))
        e = ERR_DAMAGED;
    return e;
}

static size_t files_in(const struct witness *w, const char *folder)
{
    char path[600];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/%s", w->dir, folder);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

/* Both as they were signed: who holds them can show anybody that the log has two histories. */
static void keep_evidence(const struct witness *w, struct slice known, struct slice offered)
{
    char path[640];
    struct buf b;
    buf_init(&b, 2 * NOTE_MAX + 64);
    buf_slice(&b, known);
    buf_str(&b, "\n");
    buf_slice(&b, offered);
    path_of(w, "incidents", buf_view(&b), path);
    if (!b.err && access(path, F_OK) != 0 && files_in(w, "incidents") < WITNESS_INCIDENTS)
        file_replace(path, buf_view(&b), 0600, NULL);
    buf_free(&b);
}

/* ---- adding ---- */

/* The log whose checkpoint it is. */
static const struct note_key *log_of(const struct witness *w, struct slice origin)
{
    for (size_t i = 0; i < w->n; i++)
        if (slice_is(origin, w->log[i].name))
            return &w->log[i];
    return NULL;
}

/* Remembers, then cosigns. */
static int remember(struct witness *w, const struct note_key *log, struct slice note, struct slice text, int64_t seconds, struct buf *out)
{
    char path[640];
    struct buf whole;
    buf_init(&whole, NOTE_MAX + 1024);
    enum err e = note_cosign(text, &w->key.name, &w->key.sign, seconds, out);
    buf_slice(&whole, note);
    buf_slice(&whole, buf_view(out));
    path_of(w, "seen", slice_str(log->name), path);
    if (!e && !(e = whole.err))
        e = file_replace(path, buf_view(&whole), 0600, NULL);
    buf_free(&whole);
    return e ? 500 : 200;
}

/* 200 when the checkpoint continues what is known. */
static int judge(const struct witness_request *r, const struct checkpoint *known, const struct checkpoint *c, struct witness_reply *reply)
{
    reply->known = known->size;
    reply->size = c->size;
    if (r->old > c->size)
        return 400;
    if (r->old != known->size)
        return 409;
    if (check_consistency(known->size, &known->root, c->size, &c->root, r->proof, r->n) == OK)
        return 200;
    reply->told = known->size == c->size && !hash_eq(&known->root, &c->root) ? WITNESS_FORK : WITNESS_BAD_PROOF;
    return 422;
}

static int add(struct witness *w, struct slice body, int64_t seconds, struct buf *out, struct witness_reply *reply)
{
    struct witness_request r;
    struct slice text;
    struct checkpoint c, known;
    struct note_found found;
    struct buf seen;
    if (witness_parse(body, &r) || r.note.n > NOTE_MAX - 1024 || note_text(r.note, &text) || checkpoint_parse(text, &c))
        return 400; /* with our cosignature it must still be a note */
    const struct note_key *log = log_of(w, c.origin);
    if (!log)
        return 404;
    enum err e = note_check(r.note, log, 1, &found);
    if (e)
        return e == ERR_KEY ? 403 : 400;
    buf_init(&seen, NOTE_MAX + 1024);
    int status = last_seen(w, log, &seen, &known) ? 500 : judge(&r, &known, &c, reply);
    if (status == 422)
        keep_evidence(w, buf_view(&seen), r.note);
    else if (status == 409)
        buf_printf(out, "%llu\n", (unsigned long long)known.size);
    else if (status == 200)
        status = remember(w, log, r.note, text, seconds, out);
    if (status == 500)
        reply->told = WITNESS_IO;
    buf_free(&seen);
    return status;
}

void witness_add(struct witness *w, struct slice body, int64_t seconds, struct buf *out, struct witness_reply *reply)
{
    *reply = (struct witness_reply){.type = "text/plain; charset=utf-8"};
    pthread_mutex_lock(&w->lock);
    reply->status = add(w, body, seconds, out, reply);
    pthread_mutex_unlock(&w->lock);
    if (reply->status == 409)
        reply->type = "text/x.tlog.size";
    else if (reply->status != 200)
        buf_reset(out);
}

/* ---- keeping one ---- */

static enum err read_logs(struct witness *w, struct fault *f)
{
    char path[600];
    struct buf b;
    buf_init(&b, 1u << 18);
    snprintf(path, sizeof path, "%s/logs", w->dir);
    enum err e = file_read(path, &b, f);
    struct slice rest = buf_view(&b);
    for (int64_t number = 1; !e && rest.n; number++) {
        struct slice line = slice_trim(next_line(&rest));
        if (!line.n || line.p[0] == '#')
            continue;
        if (w->n == WITNESS_LOGS || note_key_parse(line, &w->log[w->n]) || w->log[w->n].type != NOTE_ED25519) {
            e = fault_set(f, ERR_FORMAT, "logs", line, "want.vkey");
            if (f)
                f->line = number;
        } else
            w->n++;
    }
    buf_free(&b);
    return e;
}

enum err witness_open(const char *dir, struct witness **out, struct fault *f)
{
    char path[600];
    struct witness *w = mem_alloc(1, sizeof *w);
    if (!w)
        return fault_set(f, ERR_MEMORY, "--dir", SLICE(""), "");
    pthread_mutex_init(&w->lock, NULL);
    snprintf(w->dir, sizeof w->dir, "%s", dir);
    snprintf(path, sizeof path, "%s/key", dir);
    enum err e = log_key_load(path, &w->key, f);
    if (!e && w->key.name.type != NOTE_COSIGNATURE)
        e = fault_set(f, ERR_KEY, "key", slice_str(path), "want.vkey_witness");
    if (!e)
        e = read_logs(w, f);
    if (e)
        witness_close(w);
    else
        *out = w;
    return e;
}

void witness_close(struct witness *w)
{
    if (!w)
        return;
    log_key_forget(&w->key);
    pthread_mutex_destroy(&w->lock);
    mem_free(w);
}

const struct note_key *witness_key(const struct witness *w)
{
    return &w->key.name;
}

static enum err make_folder(const char *dir, const char *name, struct fault *f)
{
    char path[600];
    snprintf(path, sizeof path, "%s%s", dir, name);
    return mkdir(path, 0700) && errno != EEXIST ? fault_sys(f, errno, path) : OK;
}

enum err witness_init(const char *dir, const char *name, void (*random)(void *arg, void *out, size_t n), void *arg, struct fault *f)
{
    char key[600], logs[600];
    static const uint8_t none[SIGN_PUBLIC] = {0};
    struct note_key k;
    enum err e = strlen(dir) < 500 ? OK : fault_set(f, ERR_TOO_LONG, "--dir", slice_str(dir), "want.short_path");
    snprintf(key, sizeof key, "%s/key", dir);
    snprintf(logs, sizeof logs, "%s/logs", dir);
    if (!e && access(key, F_OK) != 0 && note_key_of(name, NOTE_COSIGNATURE, none, &k)) /* before anything is made */
        e = fault_set(f, *name ? ERR_FORMAT : ERR_MISSING, "--name", slice_str(name), "want.origin");
    if (!e && !(e = make_folder(dir, "", f)) && !(e = make_folder(dir, "/seen", f)))
        e = make_folder(dir, "/incidents", f);
    if (!e && access(key, F_OK) != 0)
        e = log_key_create(key, name, NOTE_COSIGNATURE, random, arg, f);
    if (!e && access(logs, F_OK) != 0)
        e = file_replace(logs, SLICE(""), 0600, f);
    return e;
}

enum err witness_watch(const char *dir, struct slice vkey, struct fault *f)
{
    char path[600];
    struct note_key key;
    struct buf b, line;
    buf_init(&b, 1u << 18);
    buf_init(&line, 1024);
    snprintf(path, sizeof path, "%s/logs", dir);
    enum err e = note_key_parse(slice_trim(vkey), &key) || key.type != NOTE_ED25519 ? fault_set(f, ERR_FORMAT, "--log", vkey, "want.vkey") : OK;
    if (!e) {
        note_key_write(&key, &line);
        e = file_read(path, &b, f);
    }
    bool known = false;
    for (struct slice rest = buf_view(&b); !e && rest.n && !known;)
        known = slice_eq(slice_trim(next_line(&rest)), buf_view(&line));
    if (!e && !known) {
        if (b.n && b.p[b.n - 1] != '\n')
            buf_byte(&b, '\n');
        buf_slice(&b, buf_view(&line));
        buf_byte(&b, '\n');
        e = b.err ? fault_set(f, b.err, "logs", SLICE(""), "") : file_replace(path, buf_view(&b), 0600, f);
    }
    buf_free(&b);
    buf_free(&line);
    return e;
}
