#include "people/session.h"
#include <sodium.h>
#include "base/banned.h"

bool session_hash(struct slice cookie, uint8_t out[32])
{
    uint8_t token[SESSION_TOKEN];
    size_t n = 0;
    if (cookie.n != 43 || sodium_base642bin(token, sizeof token, cookie.p, cookie.n, NULL, &n, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
        n != sizeof token)
        return false;
    struct hash h = hash_of(token, sizeof token);
    memcpy(out, h.b, sizeof h.b);
    return true;
}

void session_cookie(const uint8_t token[SESSION_TOKEN], char cookie[44], uint8_t hash[32])
{
    struct hash h = hash_of(token, SESSION_TOKEN);
    sodium_bin2base64(cookie, 44, token, SESSION_TOKEN, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    memcpy(hash, h.b, sizeof h.b);
}

void session_form_token(struct slice cookie, char out[33])
{
    uint8_t key[32], mac[32];
    struct hash h = hash_prefixed('f', cookie.p, cookie.n);
    memcpy(key, h.b, sizeof key);
    hash_hmac(key, "form", 4, mac);
    hex_of(mac, 16, out);
    out[32] = 0;
    seal_wipe(key, sizeof key);
}

bool session_form_holds(struct slice cookie, struct slice token)
{
    char want[33];
    session_form_token(cookie, want);
    return token.n == 32 && sodium_memcmp(want, token.p, 32) == 0;
}

/* ---- statements ---- */

static const struct statement by_hash = {
    "SELECT account, created, seen, expires, state, wrong, purpose, case_no, glass, browser, system FROM session WHERE hash = $1"};
static const struct statement of_account = {
    "SELECT hash, created, seen, expires, state, browser, system FROM session WHERE account = $1 AND expires > $2 ORDER BY created DESC, hash"};
static const struct statement upsert = {
    "INSERT INTO session (hash, account, created, seen, expires, state, wrong, purpose, case_no, glass, browser, system) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
    "ON CONFLICT (hash) DO UPDATE SET seen = excluded.seen, state = excluded.state, wrong = excluded.wrong, purpose = excluded.purpose, "
    "case_no = excluded.case_no, glass = excluded.glass"};
static const struct statement delete_one = {"DELETE FROM session WHERE hash = $1"};
static const struct statement delete_all = {"DELETE FROM session WHERE account = $1"};
static const struct statement delete_others = {"DELETE FROM session WHERE account = $1 AND hash <> $2"};
static const struct statement delete_expired = {"DELETE FROM session WHERE expires <= $1"};

/* What is stored by a later program, or by hand, is not known. */
static struct agent agent_of(int64_t browser, int64_t system)
{
    return (struct agent){browser > 0 && browser < BROWSERS ? (uint8_t)browser : 0, system > 0 && system < SYSTEMS ? (uint8_t)system : 0};
}

static void copy_text(char *out, size_t size, struct slice s)
{
    size_t n = s.n < size - 1 ? s.n : size - 1;
    if (n)
        memcpy(out, s.p, n);
    out[n] = 0;
}

enum err session_get(struct engine *e, const uint8_t hash[32], struct session *out, bool *found, struct fault *f)
{
    struct value in[] = {V_BLOB(hash, 32)}, row[11];
    struct rows *r;
    enum err err = engine_one(e, &by_hash, in, 1, row, 11, found, &r, f);
    if (err || !*found)
        return err;
    *out = (struct session){.created = row[1].i, .seen = row[2].i, .expires = row[3].i, .state = (enum session_state)row[4].i, .wrong = (int)row[5].i,
        .glass = row[8].i, .agent = agent_of(row[9].i, row[10].i)};
    memcpy(out->hash, hash, 32);
    if (row[0].b.n == sizeof out->account.b)
        memcpy(out->account.b, row[0].b.p, sizeof out->account.b);
    copy_text(out->purpose, sizeof out->purpose, row[6].b);
    copy_text(out->case_no, sizeof out->case_no, row[7].b);
    e->verbs->stop(r);
    return OK;
}

enum err session_list(struct engine *e, const struct subject_id *account, int64_t now, struct session *out, size_t max, size_t *n, struct fault *f)
{
    struct value in[] = {V_BLOB(account->b, sizeof account->b), V_INT(now)}, row[7];
    struct rows *r;
    bool more = true;
    *n = 0;
    enum err err = e->verbs->start(e, &of_account, in, 2, &r, f);
    if (err)
        return err;
    while (*n < max && !(err = e->verbs->next(r, row, 7, &more, f)) && more) {
        struct session *s = &out[(*n)++];
        *s = (struct session){.account = *account, .created = row[1].i, .seen = row[2].i, .expires = row[3].i, .state = (enum session_state)row[4].i,
            .agent = agent_of(row[5].i, row[6].i)};
        if (row[0].b.n == sizeof s->hash)
            memcpy(s->hash, row[0].b.p, sizeof s->hash);
    }
    e->verbs->stop(r);
    return err;
}

enum err session_put(struct engine *e, const struct session *s, struct fault *f)
{
    struct value in[] = {V_BLOB(s->hash, 32), V_BLOB(s->account.b, sizeof s->account.b), V_INT(s->created), V_INT(s->seen), V_INT(s->expires),
        V_INT(s->state), V_INT(s->wrong), V_SLICE(slice_str(s->purpose)), V_SLICE(slice_str(s->case_no)), V_INT(s->glass),
        V_INT(s->agent.browser), V_INT(s->agent.system)};
    return engine_run(e, &upsert, in, 12, f);
}

enum err session_drop(struct engine *e, const uint8_t hash[32], struct fault *f)
{
    struct value in[] = {V_BLOB(hash, 32)};
    return engine_run(e, &delete_one, in, 1, f);
}

enum err session_drop_all(struct engine *e, const struct subject_id *account, struct fault *f)
{
    struct value in[] = {V_BLOB(account->b, sizeof account->b)};
    return engine_run(e, &delete_all, in, 1, f);
}

enum err session_drop_others(struct engine *e, const struct subject_id *account, const uint8_t hash[32], struct fault *f)
{
    struct value in[] = {V_BLOB(account->b, sizeof account->b), V_BLOB(hash, 32)};
    return engine_run(e, &delete_others, in, 2, f);
}

enum err session_drop_expired(struct engine *e, int64_t now, struct fault *f)
{
    struct value in[] = {V_INT(now)};
    return engine_run(e, &delete_expired, in, 1, f);
}
