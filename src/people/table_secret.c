/* Statements of the tables secret, code, passkey, device and setting. */
#include "people/box.h"
#include "base/banned.h"

#define V_ID(id) V_BLOB((id)->b, sizeof (id)->b)

static const struct statement secret_by_account = {"SELECT password, pin, totp, step FROM secret WHERE account = $1"};
static const struct statement secret_upsert = {"INSERT INTO secret (account, password, pin, totp, step) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (account) DO UPDATE SET password = excluded.password, pin = excluded.pin, totp = excluded.totp, step = excluded.step"};
static const struct statement code_insert = {"INSERT INTO code (hash, account, kind, expires) VALUES ($1, $2, $3, $4)"};
static const struct statement code_by_hash = {"SELECT account, expires FROM code WHERE hash = $1"};
static const struct statement code_delete = {"DELETE FROM code WHERE hash = $1"};
static const struct statement code_delete_all = {"DELETE FROM code WHERE account = $1 AND kind = $2"};
static const struct statement code_delete_expired = {"DELETE FROM code WHERE kind = $1 AND expires <= $2"};
static const struct statement code_count_all = {"SELECT count(*) FROM code WHERE account = $1 AND kind = $2"};
static const struct statement passkey_upsert = {"INSERT INTO passkey (id, account, public, counter, name, created) VALUES ($1, $2, $3, $4, $5, $6) "
    "ON CONFLICT (id) DO UPDATE SET counter = excluded.counter"};
static const struct statement passkey_by_id = {"SELECT id, account, public, counter, name, created FROM passkey WHERE id = $1"};
static const struct statement passkey_by_account = {"SELECT id, account, public, counter, name, created FROM passkey WHERE account = $1 ORDER BY created, id"};
static const struct statement passkey_delete_one = {"DELETE FROM passkey WHERE account = $1 AND id = $2"};
static const struct statement passkey_delete_all = {"DELETE FROM passkey WHERE account = $1"};
static const struct statement device_upsert = {"INSERT INTO device (hash, account, seen) VALUES ($1, $2, $3) "
    "ON CONFLICT (hash) DO UPDATE SET seen = excluded.seen"};
static const struct statement device_by_hash = {"SELECT seen FROM device WHERE hash = $1"};
static const struct statement device_delete_all = {"DELETE FROM device WHERE account = $1"};
static const struct statement setting_by_name = {"SELECT value FROM setting WHERE name = $1"};
static const struct statement setting_upsert = {
    "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"};

static void copy_text(char *out, size_t size, struct slice s)
{
    size_t n = s.n < size - 1 ? s.n : size - 1;
    if (n)
        memcpy(out, s.p, n);
    out[n] = 0;
}

static void copy_id(struct subject_id *out, struct slice s)
{
    if (s.n == sizeof out->b)
        memcpy(out->b, s.p, s.n);
}

enum err secret_get(struct engine *e, struct arena *a, const struct subject_id *id, struct secret *out, bool *found, struct fault *f)
{
    struct value in[] = {V_ID(id)}, row[4];
    struct rows *r;
    *out = (struct secret){.account = *id};
    enum err err = engine_one(e, &secret_by_account, in, 1, row, 4, found, &r, f);
    if (err || !*found)
        return err;
    copy_text(out->password, sizeof out->password, row[0].b);
    copy_text(out->pin, sizeof out->pin, row[1].b);
    if (row[2].b.n)
        out->totp = arena_copy(a, row[2].b);
    out->step = row[3].i;
    e->verbs->stop(r);
    return OK;
}

enum err secret_put(struct engine *e, const struct secret *s, struct fault *f)
{
    struct value in[] = {V_ID(&s->account), V_SLICE(slice_str(s->password)), V_SLICE(slice_str(s->pin)), V_SLICE(s->totp), V_INT(s->step)};
    return engine_run(e, &secret_upsert, in, 5, f);
}

enum err code_put(struct engine *e, const uint8_t hash[32], const struct subject_id *account, int kind, int64_t expires, struct fault *f)
{
    struct value in[] = {V_BLOB(hash, 32), V_ID(account), V_INT(kind), V_INT(expires)};
    return engine_run(e, &code_insert, in, 4, f);
}

enum err code_peek(struct engine *e, const uint8_t hash[32], int64_t now, struct subject_id *account, bool *found, struct fault *f)
{
    struct value in[] = {V_BLOB(hash, 32)}, row[2];
    struct rows *r;
    enum err err = engine_one(e, &code_by_hash, in, 1, row, 2, found, &r, f);
    if (err || !*found)
        return err;
    copy_id(account, row[0].b);
    *found = row[1].i > now;
    e->verbs->stop(r);
    return OK;
}

enum err code_use(struct engine *e, const uint8_t hash[32], int64_t now, struct subject_id *account, bool *found, struct fault *f)
{
    struct value in[] = {V_BLOB(hash, 32)};
    enum err err = code_peek(e, hash, now, account, found, f);
    return err || !*found ? err : engine_run(e, &code_delete, in, 1, f);
}

enum err code_clear(struct engine *e, const struct subject_id *account, int kind, struct fault *f)
{
    struct value in[] = {V_ID(account), V_INT(kind)};
    return engine_run(e, &code_delete_all, in, 2, f);
}

enum err code_drop_expired(struct engine *e, int kind, int64_t now, struct fault *f)
{
    struct value in[] = {V_INT(kind), V_INT(now)};
    return engine_run(e, &code_delete_expired, in, 2, f);
}

enum err code_count(struct engine *e, const struct subject_id *account, int kind, int64_t *n, struct fault *f)
{
    struct value in[] = {V_ID(account), V_INT(kind)}, row[1];
    struct rows *r;
    bool found;
    enum err err = engine_one(e, &code_count_all, in, 2, row, 1, &found, &r, f);
    if (!err && found) {
        *n = row[0].i;
        e->verbs->stop(r);
    }
    return err;
}

enum err passkey_put(struct engine *e, const struct passkey *p, struct fault *f)
{
    struct value in[] = {V_BLOB(p->id, p->id_n), V_ID(&p->account), V_BLOB(p->public_key, p->public_n), V_INT(p->counter),
        V_SLICE(slice_str(p->name)), V_INT(p->created)};
    return engine_run(e, &passkey_upsert, in, 6, f);
}

static void read_passkey(const struct value *row, struct passkey *out)
{
    *out = (struct passkey){.id_n = row[0].b.n < sizeof out->id ? row[0].b.n : 0, .counter = row[3].i, .created = row[5].i};
    memcpy(out->id, row[0].b.p, out->id_n);
    copy_id(&out->account, row[1].b);
    out->public_n = row[2].b.n <= sizeof out->public_key ? row[2].b.n : 0;
    memcpy(out->public_key, row[2].b.p, out->public_n);
    copy_text(out->name, sizeof out->name, row[4].b);
}

enum err passkey_get(struct engine *e, struct slice id, struct passkey *out, bool *found, struct fault *f)
{
    struct value in[] = {V_SLICE(id)}, row[6];
    struct rows *r;
    enum err err = engine_one(e, &passkey_by_id, in, 1, row, 6, found, &r, f);
    if (err || !*found)
        return err;
    read_passkey(row, out);
    e->verbs->stop(r);
    return OK;
}

enum err passkey_list(struct engine *e, const struct subject_id *account, struct passkey *out, size_t max, size_t *n, struct fault *f)
{
    struct value in[] = {V_ID(account)}, row[6];
    struct rows *r;
    bool more = true;
    *n = 0;
    enum err err = e->verbs->start(e, &passkey_by_account, in, 1, &r, f);
    if (err)
        return err;
    while (*n < max && !(err = e->verbs->next(r, row, 6, &more, f)) && more)
        read_passkey(row, &out[(*n)++]);
    e->verbs->stop(r);
    return err;
}

enum err passkey_drop(struct engine *e, const struct subject_id *account, struct slice id, struct fault *f)
{
    struct value in[] = {V_ID(account), V_SLICE(id)};
    return engine_run(e, &passkey_delete_one, in, 2, f);
}

enum err passkey_clear(struct engine *e, const struct subject_id *account, struct fault *f)
{
    struct value in[] = {V_ID(account)};
    return engine_run(e, &passkey_delete_all, in, 1, f);
}

enum err device_put(struct engine *e, const uint8_t hash[32], const struct subject_id *account, int64_t now, struct fault *f)
{
    struct value in[] = {V_BLOB(hash, 32), V_ID(account), V_INT(now)};
    return engine_run(e, &device_upsert, in, 3, f);
}

enum err device_known(struct engine *e, const uint8_t hash[32], bool *found, struct fault *f)
{
    struct value in[] = {V_BLOB(hash, 32)}, row[1];
    struct rows *r;
    enum err err = engine_one(e, &device_by_hash, in, 1, row, 1, found, &r, f);
    if (!err && *found)
        e->verbs->stop(r);
    return err;
}

enum err device_clear(struct engine *e, const struct subject_id *account, struct fault *f)
{
    struct value in[] = {V_ID(account)};
    return engine_run(e, &device_delete_all, in, 1, f);
}

enum err setting_get(struct engine *e, struct arena *a, const char *name, struct slice *out, struct fault *f)
{
    struct value in[] = {V_SLICE(slice_str(name))}, row[1];
    struct rows *r;
    bool found;
    *out = slice_of(NULL, 0);
    enum err err = engine_one(e, &setting_by_name, in, 1, row, 1, &found, &r, f);
    if (err || !found)
        return err;
    *out = arena_copy(a, row[0].b);
    e->verbs->stop(r);
    return out->p ? OK : ERR_MEMORY;
}

enum err setting_put(struct engine *e, const char *name, struct slice value, struct fault *f)
{
    struct value in[] = {V_SLICE(slice_str(name)), V_SLICE(value)};
    return engine_run(e, &setting_upsert, in, 2, f);
}
