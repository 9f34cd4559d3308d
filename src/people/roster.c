#include "people/roster.h"
#include <stdlib.h>
#include "base/banned.h"

/* ---- finding ---- */

static struct account *find(struct roster *r, const struct subject_id *id)
{
    for (size_t i = 0; i < r->account_count; i++)
        if (subject_eq(&r->account[i].id, id))
            return &r->account[i];
    return NULL;
}

const struct account *roster_find(const struct roster *r, const struct subject_id *id)
{
    return find((struct roster *)r, id);
}

static bool same_login(struct slice a, struct slice b)
{
    bool same = a.n == b.n;
    for (size_t i = 0; same && i < a.n; i++) {
        unsigned char x = (unsigned char)a.p[i], y = (unsigned char)b.p[i];
        x = x >= 'A' && x <= 'Z' ? x | 32 : x;
        y = y >= 'A' && y <= 'Z' ? y | 32 : y;
        same = x == y;
    }
    return same;
}

const struct account *roster_login(const struct roster *r, struct slice login)
{
    for (size_t i = 0; i < r->account_count; i++)
        if (same_login(r->account[i].login, login))
            return &r->account[i];
    return NULL;
}

static struct token *find_token(struct roster *r, const struct subject_id *id)
{
    for (size_t i = 0; i < r->token_count; i++)
        if (subject_eq(&r->token[i].id, id))
            return &r->token[i];
    return NULL;
}

const struct token *roster_token(const struct roster *r, const struct subject_id *id)
{
    return find_token((struct roster *)r, id);
}

static struct request *find_request(struct roster *r, const struct hash *record)
{
    for (size_t i = 0; i < r->request_count; i++)
        if (hash_eq(&r->request[i].act.record, record))
            return &r->request[i];
    return NULL;
}

const struct request *roster_request(const struct roster *r, const struct hash *record)
{
    return find_request((struct roster *)r, record);
}

bool request_may_judge(const struct request *q, const struct subject_id *judge)
{
    for (size_t i = 0; i < q->approvals; i++)
        if (subject_eq(&q->approved_by[i], judge))
            return false;
    return !subject_none(judge) && !subject_eq(&q->act.by, judge) && !subject_eq(&q->act.account, judge);
}

/* ---- folding ---- */

static enum err create(struct roster *r, const struct act *a)
{
    if (find(r, &a->account) || roster_login(r, a->login))
        return OK; /* the first stands */
    if (!mem_grow(&r->account, &r->account_cap, r->account_count + 1, ROSTER_MAX, sizeof *r->account))
        return ERR_MEMORY;
    r->account[r->account_count++] =
        (struct account){.id = a->account, .login = a->login, .name = a->name, .office = a->office, .created = a->recorded};
    return OK;
}

static enum err ask(struct roster *r, const struct act *a)
{
    if (!mem_grow(&r->request, &r->request_cap, r->request_count + 1, ROSTER_MAX, sizeof *r->request))
        return ERR_MEMORY;
    r->request[r->request_count++] = (struct request){.act = *a};
    return OK;
}

static void judge(struct roster *r, const struct act *a)
{
    struct request *q = find_request(r, &a->request);
    const struct account *by = roster_find(r, &a->by);
    if (!q || q->state != REQUEST_WAITS || !request_may_judge(q, &a->by) || !by || !(by->rights & RIGHT_BIT(RIGHT_APPROVE)))
        return;
    q->judged_by = a->by;
    q->judged = a->recorded;
    if (a->kind == ACT_REFUSED)
        q->state = REQUEST_REFUSED;
    else if (q->approvals < LIST_APPROVALS)
        q->approved_by[q->approvals++] = a->by;
    if (q->state == REQUEST_WAITS && q->approvals >= (q->act.kind == ACT_LIST_ASKED ? LIST_APPROVALS : 1))
        q->state = REQUEST_APPROVED;
}

/* Two approved the same thing: account and role as they were asked for. */
static bool approved(struct roster *r, const struct act *a)
{
    struct request *q = find_request(r, &a->request);
    bool fits = q && q->act.kind == ACT_ASKED && q->state == REQUEST_APPROVED && subject_eq(&q->act.account, &a->account) && slice_eq(q->act.role, a->role);
    if (fits)
        q->state = REQUEST_DONE;
    return fits;
}

static void add_up(struct account *x)
{
    x->rights = 0;
    x->enters = 0;
    x->names = NAMES_NONE;
    x->second_factor = false;
    x->machine = false;
    for (size_t i = 0; i < x->role_count; i++)
        x->machine = x->machine || x->role[i]->machine;
    for (size_t i = 0; i < x->role_count; i++) {
        if (x->role[i]->machine != x->machine)
            continue;
        x->rights |= x->role[i]->rights;
        x->enters |= x->role[i]->enters;
        x->second_factor = x->second_factor || x->role[i]->second_factor;
        if (x->role[i]->names > x->names)
            x->names = x->role[i]->names;
    }
    if (x->rights & RIGHT_BIT(RIGHT_ACCOUNTS)) { /* who gives rights reads no names, whatever else he is */
        x->rights &= ~(RIGHT_BIT(RIGHT_NAMES) | RIGHT_BIT(RIGHT_BREAK_GLASS));
        x->names = NAMES_NONE;
    }
    if (x->closed)
        x->rights = 0;
}

/* After add_up: since when it is a machine's, or until when it was. */
static void date_machine(struct account *x, bool was, int64_t at)
{
    if (x->machine && !was) {
        x->machine_from = at;
        x->machine_to = 0;
    } else if (!x->machine && was) {
        x->machine_to = at;
    }
}

bool account_was_machine(const struct account *x, int64_t then)
{
    return x->machine_from && then >= x->machine_from && (!x->machine_to || then < x->machine_to);
}

static void take_role(struct account *x, const struct role *role)
{
    size_t n = 0;
    for (size_t i = 0; i < x->role_count; i++)
        if (x->role[i] != role)
            x->role[n++] = x->role[i];
    x->role_count = n;
}

/* Did somebody act who may? What is done at the console needs no account: it is how the first one comes about. */
static bool may_manage(const struct roster *r, const struct act *a)
{
    const struct account *by = roster_find(r, &a->by);
    return subject_none(&a->by) || (by && by->rights & RIGHT_BIT(RIGHT_ACCOUNTS));
}

static void change_role(struct roster *r, const struct profile_people *p, const struct act *a)
{
    struct account *x = find(r, &a->account);
    const struct role *role = role_find(p, a->role);
    if (!x || !role)
        return;
    bool was = x->machine;
    take_role(x, role);
    bool alone = !role_four_eyes(p, a->role) || subject_none(&a->by);
    if (a->kind == ACT_ROLE_GIVEN && (alone || approved(r, a)) && x->role_count < ACCOUNT_ROLES)
        x->role[x->role_count++] = role;
    add_up(x);
    date_machine(x, was, a->recorded);
}

/* Rights by word; one that this program does not know is none. */
static rights read_scope(struct slice words)
{
    rights scope = 0;
    struct slice one;
    enum right r;
    while (slice_word(&words, &one))
        if (right_of(one, &r))
            scope |= RIGHT_BIT(r);
    return scope;
}

static enum err make_token(struct roster *r, const struct profile_people *p, const struct act *a)
{
    struct when until;
    if (!find(r, &a->account) || subject_none(&a->about) || find_token(r, &a->about) || when_parse(a->until, "", &until, NULL) || !when_known(&until))
        return OK;
    if (!mem_grow(&r->token, &r->token_cap, r->token_count + 1, ROSTER_MAX, sizeof *r->token))
        return ERR_MEMORY;
    r->token[r->token_count++] = (struct token){.id = a->about, .account = a->account, .name = a->reason, .scope = read_scope(a->scope),
        .enters = kinds_read(p, a->kinds, NULL), .made = a->recorded, .until = until.start};
    return OK;
}

static void end_token(struct roster *r, const struct act *a)
{
    struct token *t = find_token(r, &a->about);
    if (t)
        t->ended = true;
}

static enum err fold(struct roster *r, const struct profile_people *p, const struct act *a)
{
    struct account *x = find(r, &a->account);
    switch (a->kind) {
    case ACT_ASKED:
    case ACT_LIST_ASKED:
        return ask(r, a);
    case ACT_APPROVED:
    case ACT_REFUSED:
        judge(r, a);
        return OK;
    case ACT_CREATED:
        return may_manage(r, a) ? create(r, a) : OK;
    case ACT_ROLE_GIVEN:
    case ACT_ROLE_TAKEN:
        if (may_manage(r, a))
            change_role(r, p, a);
        return OK;
    case ACT_TOKEN_MADE:
        return may_manage(r, a) ? make_token(r, p, a) : OK;
    case ACT_TOKEN_ENDED:
        if (may_manage(r, a))
            end_token(r, a);
        return OK;
    case ACT_CLOSED:
    case ACT_RESET:
        if (!x || !may_manage(r, a))
            return OK;
        if (a->kind == ACT_CLOSED && !x->closed) {
            x->closed = true;
            x->ended = a->recorded;
        }
        x->reset = a->recorded;
        add_up(x);
        return OK;
    default:
        return OK;
    }
}

enum err roster_acts(struct store *s, uint64_t *out, struct fault *f)
{
    struct arena a;
    struct subject_id all = act_accounts();
    uint64_t *at;
    size_t n = 0;
    arena_init(&a, 16u << 20);
    enum err e = store_subject_positions(s, &a, &all, &at, &n, f);
    arena_free(&a);
    *out = n;
    return e;
}

static int by_position(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

enum err roster_load(struct store *s, const struct profile_people *p, struct roster **out, struct fault *f)
{
    struct subject_id all = act_accounts();
    uint64_t *at;
    size_t n = 0;
    struct roster *r = mem_alloc(1, sizeof *r);
    if (!r)
        return fault_set(f, ERR_MEMORY, "accounts", SLICE(""), "");
    arena_init(&r->arena, (size_t)1 << 30);
    enum err e = store_subject_positions(s, &r->arena, &all, &at, &n, f);
    if (!e && n)
        qsort(at, n, sizeof *at, by_position);
    for (size_t i = 0; !e && i < n; i++) {
        struct act a;
        if (!(e = act_read(s, &r->arena, at[i], &a, f)) && (e = fold(r, p, &a)))
            fault_set(f, e, "accounts", SLICE(""), "");
    }
    r->acts = n;
    if (e)
        roster_free(r);
    else
        *out = r;
    return e;
}

void roster_free(struct roster *r)
{
    if (!r)
        return;
    mem_free(r->account);
    mem_free(r->request);
    mem_free(r->token);
    arena_free(&r->arena);
    mem_free(r);
}
