#include "use/init.h"
#include "base/embed.h"
#include "domain/body.h"
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

static enum err find_profile(struct slice name, struct slice *out, struct fault *f)
{
    char path[96];
    name = name.n ? name : SLICE("generic");
    for (size_t i = 0; i < name.n; i++)
        if (!((name.p[i] >= 'a' && name.p[i] <= 'z') || name.p[i] == '-'))
            return fault_set(f, ERR_NOT_FOUND, "--profile", name, "want.profile");
    snprintf(path, sizeof path, "profiles/" SLICE_FMT ".json", SLICE_ARG(name));
    *out = embed_get(path);
    return out->p ? OK : fault_set(f, ERR_NOT_FOUND, "--profile", name, "want.profile");
}

/* The register's own first record: which profile is in force. */
static enum err first_record(struct app *app, struct store *s, int64_t now, struct buf *out, struct fault *f)
{
    uint8_t random[RECORD_SALT + SEAL_NONCE];
    struct buf body;
    struct event ev = {.kind = SLICE("profile_activated"), .note = slice_str(store_profile(s)->name)};
    struct record_header h = {.origin = store_origin(s), .kind = ev.kind, .profile = store_profile(s)->hash,
        .recorded = now, .actor = SLICE("init"), .office = store_origin(s), .purpose = SLICE("set-up"),
        .happened = when_unknown(), .discovered = when_unknown(), .subject_count = 1};
    h.subject[0].type = SUBJECT_REGISTER;
    buf_init(&body, RECORD_MAX);
    app->random(app->arg, random, sizeof random);
    enum err e = body_write(&ev, NULL, &h, &body);
    struct record_plain plain = {SECTION_BODY, store_keys(s)->register_id, store_keys(s)->reg, buf_view(&body)};
    if (!e)
        e = record_encode(&h, &plain, 1, random, out, f);
    buf_free(&body);
    return e;
}

/* What the log will be signed with: there before the first record is. */
static enum err make_key(struct app *app, struct slice keys, const char *origin, struct fault *f)
{
    char path[600], folder[512];
    snprintf(folder, sizeof folder, SLICE_FMT, SLICE_ARG(keys));
    log_key_path(keys.n ? folder : app->dir, path);
    enum err e = access(path, F_OK) == 0 ? OK : log_key_create(path, origin, NOTE_ED25519, app->random, app->arg, f);
    return e || !keys.n ? e : store_link_key(app->dir, keys, "log.key", f);
}

static enum err begin_log(struct app *app, struct fault *f)
{
    struct store *s;
    struct log l;
    struct buf record;
    int64_t now = app->clock(app->arg);
    enum err e = store_open(app->dir, STORE_WRITE, &s, f);
    if (e)
        return e;
    buf_init(&record, RECORD_MAX);
    if (!(e = log_open(&l, s, f)) && !(e = log_publish(&l, f)) && !(e = first_record(app, s, now, &record, f)) && !(e = log_begin(&l, f))) {
        struct hash id = record_id(buf_view(&record));
        e = log_append(&l, buf_view(&record), &id, now, NULL, f);
        e = e ? (log_rollback(&l), e) : log_commit(&l, f);
    }
    enum err published = log_close(&l, e ? NULL : f);
    e = e ? e : published;
    if (!e)
        e = store_derive(s, NULL, f);
    buf_free(&record);
    store_close(s);
    return e;
}

/* A line of its own in checkpoints and a key name beside signatures: no blank, no control character, no '+'. */
static bool origin_holds(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || s.p[i] == '+')
            return false;
    return s.n <= 96 && slice_utf8_fault(s) < 0;
}

/* ---- another directory of a register that is there ---- */

static enum err wrong_keys(const struct use_init_in *in, struct fault *f)
{
    return fault_set(f, ERR_KEY, "--keys", in->keys, "want.keys_of_database");
}

/* The first record opens, and the log is signed in the register's name. */
static enum err keys_fit(struct app *app, const struct use_init_in *in, struct fault *f)
{
    char path[600];
    struct log_key key;
    struct store *s;
    struct arena a;
    struct slice bytes;
    int64_t received;
    log_key_path(app->dir, path);
    enum err e = log_key_load(path, &key, NULL) ? wrong_keys(in, f) : store_open(app->dir, STORE_READ, &s, f);
    if (e)
        return e;
    arena_init(&a, 1u << 20);
    struct event *ev = arena_alloc(&a, sizeof *ev);
    if (!ev)
        e = fault_set(f, ERR_MEMORY, "record", SLICE(""), "");
    else if (!slice_is(store_origin(s), key.name.name))
        e = wrong_keys(in, f);
    else if (!(e = store_read(s, &a, 0, &bytes, &received, f)) && store_event(s, &a, bytes, 0, received, SHOW_BODY, ev, NULL, NULL))
        e = wrong_keys(in, f);
    arena_free(&a);
    log_key_forget(&key);
    store_close(s);
    return e;
}

/* The links alone, and the note of the database: what the links lead to stays. */
static void leave(const char *dir)
{
    static const char *const links[] = {"keystore", "log.key"};
    char path[600], to[2];
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, links[i]);
        if (readlink(path, to, sizeof to) > 0)
            unlink(path);
    }
    snprintf(path, sizeof path, "%s/database", dir);
    unlink(path);
}

static enum err join(struct app *app, const struct use_init_in *in, struct fault *f)
{
    const struct store_new n = {.db = in->db, .keys = in->keys, .join = true};
    if (!in->db.n || !in->keys.n)
        return fault_set(f, ERR_USAGE, "--join", SLICE(""), "want.join");
    if (in->origin.n || in->profile.n)
        return fault_set(f, ERR_USAGE, in->origin.n ? "--origin" : "--profile", in->origin.n ? in->origin : in->profile, "want.join_alone");
    enum err e = store_init(app->dir, &n, f);
    if (e)
        return e;
    if ((e = store_link_key(app->dir, in->keys, "log.key", f)) || (e = keys_fit(app, in, f)))
        leave(app->dir);
    return e;
}

enum err use_init(struct app *app, const struct use_init_in *in, struct fault *f)
{
    if (in->join)
        return join(app, in, f);
    uint8_t digits[4];
    char origin[97] = "athar.invalid/";
    struct store_new n = {.db = in->db, .keys = in->keys, .random = app->random, .arg = app->arg};
    enum err e = find_profile(in->profile, &n.profile, f);
    if (e)
        return e;
    if (!origin_holds(in->origin))
        return fault_set(f, ERR_FORMAT, "--origin", in->origin, "want.origin");
    app->random(app->arg, digits, sizeof digits);
    hex_of(digits, sizeof digits, origin + strlen(origin));
    if (in->origin.n)
        snprintf(origin, sizeof origin, SLICE_FMT, SLICE_ARG(in->origin));
    n.origin = slice_str(origin);
    if (!(e = store_init(app->dir, &n, f)))
        e = make_key(app, in->keys, origin, f);
    return e ? e : begin_log(app, f);
}
