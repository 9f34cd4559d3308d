/* The index on disk, sealed as a stream (libsodium secretstream, XChaCha20-Poly1305) of 1 MiB pieces. The first piece's
 * additional data is the clear heading: magic, log size, root. The database keeps the heading and the stamp of what is derived (meta 'index'),
 * so a snapshot from another time or register, or of another program's terms, is not taken. */
#include "base/file.h"
#include "use/app.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

#define PIECE (1u << 20)
#define HEADING 48
#define TAIL crypto_secretstream_xchacha20poly1305_ABYTES
static const char magic[8] = "ATHRIX1";

struct stream {
    int fd;
    crypto_secretstream_xchacha20poly1305_state state;
    uint8_t heading[HEADING];
    uint8_t *plain, *sealed;
    size_t n, at; /* bytes in plain; read so far */
    bool first, last;
    struct fault *f;
};

static void heading(uint8_t out[HEADING], uint64_t size, const struct hash *root)
{
    memcpy(out, magic, 8);
    for (int i = 0; i < 8; i++)
        out[8 + i] = (uint8_t)(size >> (56 - 8 * i));
    memcpy(out + 16, root->b, 32);
}

static enum err stream_new(struct stream *s, struct fault *f)
{
    *s = (struct stream){.fd = -1, .first = true, .f = f};
    s->plain = mem_alloc(PIECE, 1);
    s->sealed = mem_alloc(PIECE + TAIL + 4, 1);
    return s->plain && s->sealed ? OK : fault_set(f, ERR_MEMORY, "index", SLICE(""), "");
}

static void stream_free(struct stream *s)
{
    if (s->fd >= 0)
        close(s->fd);
    if (s->plain)
        seal_wipe(s->plain, PIECE);
    mem_free(s->plain);
    mem_free(s->sealed);
}

static enum err put_piece(struct stream *s, bool last)
{
    unsigned long long n;
    crypto_secretstream_xchacha20poly1305_push(&s->state, s->sealed + 4, &n, s->plain, s->n, s->first ? s->heading : NULL,
        s->first ? HEADING : 0, last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
    for (int i = 0; i < 4; i++)
        s->sealed[i] = (uint8_t)(n >> (24 - 8 * i));
    s->first = false;
    s->n = 0;
    return file_write_all(s->fd, s->sealed, (size_t)n + 4, s->f);
}

static enum err put(void *arg, const void *p, size_t n)
{
    struct stream *s = arg;
    const char *from = p;
    while (n) {
        size_t take = n < PIECE - s->n ? n : PIECE - s->n;
        memcpy(s->plain + s->n, from, take);
        s->n += take;
        from += take;
        n -= take;
        enum err e = s->n == PIECE ? put_piece(s, false) : OK;
        if (e)
            return e;
    }
    return OK;
}

/* As the database keeps it. */
static void noted_of(const uint8_t h[HEADING], uint8_t out[HEADING + STORE_STAMP])
{
    memcpy(out, h, HEADING);
    store_stamp(out + HEADING);
}

static enum err note_once(struct store *s, const uint8_t h[HEADING], struct fault *f)
{
    uint8_t noted[HEADING + STORE_STAMP];
    enum err e = store_begin(s, f);
    noted_of(h, noted);
    if (!e && !(e = store_meta_set(s, "index", slice_of((const char *)noted, sizeof noted), f)))
        return store_commit(s, f);
    store_rollback(s);
    return e;
}

static enum err note(struct store *s, const uint8_t h[HEADING], struct fault *f)
{
    struct patience p = {0};
    enum err e;
    do
        e = note_once(s, h, f);
    while (e && store_again(&p, e, f));
    return e;
}

static enum err write_stream(struct stream *s, struct store *store, const struct index_view *v, const char *tmp)
{
    uint8_t head[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    s->fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (s->fd < 0)
        return fault_sys(s->f, errno, tmp);
    crypto_secretstream_xchacha20poly1305_init_push(&s->state, head, store_keys(store)->index);
    enum err e = file_write_all(s->fd, s->heading, HEADING, s->f);
    if (!e && !(e = file_write_all(s->fd, head, sizeof head, s->f)) && !(e = index_save(v, put, s)))
        e = put_piece(s, true);
    if (!e && fsync(s->fd))
        e = fault_sys(s->f, errno, tmp);
    return e;
}

enum err snapshot_save(struct store *store, const struct index_view *v, uint64_t size, const struct hash *root, struct fault *f)
{
    char tmp[600], path[600];
    struct stream s;
    snprintf(path, sizeof path, "%s/index.snap", store_dir(store));
    snprintf(tmp, sizeof tmp, "%s/index.snap.new", store_dir(store));
    enum err e = stream_new(&s, f);
    heading(s.heading, size, root);
    if (!e)
        e = write_stream(&s, store, v, tmp);
    stream_free(&s);
    if (!e)
        e = note(store, s.heading, f);
    if (!e && rename(tmp, path))
        e = fault_sys(f, errno, path);
    if (e) {
        unlink(tmp);
        return e;
    }
    return file_sync_dir(store_dir(store), f);
}

static enum err read_exact(int fd, void *p, size_t n)
{
    char *to = p;
    while (n) {
        ssize_t got = read(fd, to, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ERR_DAMAGED;
        to += got;
        n -= (size_t)got;
    }
    return OK;
}

static enum err get_piece(struct stream *s)
{
    uint8_t len[4], tag;
    unsigned long long n;
    if (s->last || read_exact(s->fd, len, 4))
        return ERR_DAMAGED;
    size_t sealed = (size_t)len[0] << 24 | (size_t)len[1] << 16 | (size_t)len[2] << 8 | len[3];
    if (sealed < TAIL || sealed > PIECE + TAIL || read_exact(s->fd, s->sealed, sealed))
        return ERR_DAMAGED;
    if (crypto_secretstream_xchacha20poly1305_pull(&s->state, s->plain, &n, &tag, s->sealed, sealed, s->first ? s->heading : NULL,
            s->first ? HEADING : 0))
        return ERR_KEY;
    s->first = false;
    s->last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    s->n = (size_t)n;
    s->at = 0;
    return OK;
}

static enum err get(void *arg, void *p, size_t n)
{
    struct stream *s = arg;
    char *to = p;
    while (n) {
        if (s->at == s->n) {
            enum err e = get_piece(s);
            if (e)
                return e;
            continue;
        }
        size_t take = n < s->n - s->at ? n : s->n - s->at;
        memcpy(to, s->plain + s->at, take);
        s->at += take;
        to += take;
        n -= take;
    }
    return OK;
}

/* The index has read all that there is: the final piece is behind it, and nothing follows. */
static enum err at_end(struct stream *s)
{
    char more;
    enum err e = s->at == s->n && !s->last ? get_piece(s) : OK;
    if (!e && (!s->last || s->at != s->n || read(s->fd, &more, 1) != 0))
        e = ERR_DAMAGED;
    return e;
}

/* The heading must be the one that the database noted. */
static enum err check_heading(struct stream *s, struct store *store, uint64_t *size)
{
    struct arena a;
    struct slice noted;
    uint8_t want[HEADING + STORE_STAMP];
    arena_init(&a, 1u << 16);
    noted_of(s->heading, want);
    enum err e = store_meta(store, &a, "index", &noted, s->f);
    if (!e && !slice_eq(noted, slice_of((const char *)want, sizeof want)))
        e = ERR_DAMAGED;
    arena_free(&a);
    *size = 0;
    for (int i = 0; i < 8; i++)
        *size = *size << 8 | s->heading[8 + i];
    return e;
}

enum err snapshot_load(struct store *store, struct index *ix, uint64_t *size, struct fault *f)
{
    char path[600];
    uint8_t head[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    struct stream s;
    snprintf(path, sizeof path, "%s/index.snap", store_dir(store));
    enum err e = stream_new(&s, f);
    if (!e && (s.fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
        e = errno == ENOENT ? ERR_NOT_FOUND : fault_sys(f, errno, path);
    if (!e && !(e = read_exact(s.fd, s.heading, HEADING)) && !(e = read_exact(s.fd, head, sizeof head)) &&
        !(e = check_heading(&s, store, size))) {
        e = crypto_secretstream_xchacha20poly1305_init_pull(&s.state, head, store_keys(store)->index) ? ERR_DAMAGED : OK;
        if (!e)
            e = index_load(ix, get, &s, 2);
        if (!e)
            e = at_end(&s);
    }
    stream_free(&s);
    return e;
}
