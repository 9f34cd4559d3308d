/* Tokens of machines and peers: made and ended by who manages accounts, or at the console; each a record of the log that says what it may do and until when. A machine is an account whose
 * roles are for machines: it belongs to one office, may be asked for by one and approved by another as the profile says, and is closed like any other. */
#include "use/account.h"
#include "use/people_in.h"
#include <sodium.h>
#include <stdio.h>
#include "base/banned.h"

#define DAYS_MAX 730
#define SCOPE_MAX 600
#define KINDS_MAX 2200 /* every kind of a profile */

/* ---- making one ---- */

static enum err put_row(void *arg, struct engine *e, struct fault *f)
{
    return token_put(e, arg, f);
}

/* Words of rights that the account has, once each, in the order of the table. `enter` goes with the kinds: where all rights are meant it is left out
 * without them, where it is named they have to be. */
static enum err judge_scope(struct slice words, rights may, bool enters, char out[SCOPE_MAX], struct fault *f)
{
    rights wanted = slice_trim(words).n ? 0 : enters ? may : may & ~RIGHT_BIT(RIGHT_ENTER);
    struct slice one;
    enum right r;
    while (slice_word(&words, &one)) {
        if (!right_of(one, &r) || !(may & RIGHT_BIT(r)))
            return fault_set(f, ERR_UNKNOWN_CODE, "scope", one, "want.token_scope");
        wanted |= RIGHT_BIT(r);
    }
    if (enters != ((wanted & RIGHT_BIT(RIGHT_ENTER)) != 0))
        return fault_set(f, enters ? ERR_CONFLICT : ERR_MISSING, "kinds", SLICE(""), "want.token_kinds");
    if (!wanted)
        return fault_set(f, ERR_MISSING, "scope", SLICE(""), "want.token_scope");
    size_t n = 0;
    out[0] = 0;
    for (int i = 0; i < RIGHTS_COUNT; i++)
        if (wanted & RIGHT_BIT(i))
            n += (size_t)snprintf(out + n, SCOPE_MAX - n, "%s%s", n ? " " : "", right_word((enum right)i));
    return OK;
}

/* Kinds of records that the account enters, once each, in the order of the profile. */
static enum err judge_kinds(const struct profile_people *p, struct slice words, const struct account *x, char out[KINDS_MAX], struct fault *f)
{
    struct slice unknown, one;
    uint64_t enters = kinds_read(p, words, &unknown);
    if (unknown.n)
        return fault_set(f, ERR_UNKNOWN_CODE, "kinds", unknown, "want.token_kinds");
    for (struct slice rest = words; slice_word(&rest, &one);)
        if (kinds_read(p, one, NULL) & ~x->enters)
            return fault_set(f, ERR_UNKNOWN_CODE, "kinds", one, "want.token_kinds");
    return kinds_write(p, enters, out, KINDS_MAX) ? OK : fault_set(f, ERR_TOO_LONG, "kinds", SLICE(""), "want.token_kinds");
}

static enum err judge_new(const struct account *x, const struct token_new *n, struct fault *f)
{
    if (!x->machine || x->closed)
        return fault_set(f, ERR_REFUSED, "account", x->login, "want.machine_account");
    if (!n->name.n || n->name.n > 60)
        return fault_set(f, n->name.n ? ERR_TOO_LONG : ERR_MISSING, "name", n->name, "want.token_name");
    return n->days < 1 || n->days > DAYS_MAX ? fault_set(f, ERR_RANGE, "days", SLICE(""), "want.token_days") : OK;
}

static enum err make(struct app *app, struct people *p, const struct account *x, const struct subject_id *by, const struct token_new *n, char out[ACCOUNT_TOKEN], struct fault *f)
{
    uint8_t random[SESSION_TOKEN], hash[32];
    char scope[SCOPE_MAX], kinds[KINDS_MAX], until[25], cookie[44];
    struct token_row row = {.account = x->id};
    enum err e = judge_new(x, n, f);
    if (e || (e = judge_kinds(people_profile(p), n->kinds, x, kinds, f)) || (e = judge_scope(n->scope, x->rights, *kinds != 0, scope, f)))
        return e;
    people_random(p, random, sizeof random);
    people_random(p, row.id.b, sizeof row.id.b);
    session_cookie(random, cookie, hash);
    snprintf(out, ACCOUNT_TOKEN, "%s%s", TOKEN_PREFIX, cookie);
    sodium_memzero(random, sizeof random);
    time_text(people_now(p) + n->days * INT64_C(86400000), until);
    token_hash(people_box(p), slice_str(out), row.hash);
    const struct act act = {.kind = ACT_TOKEN_MADE, .account = x->id, .by = *by, .about = row.id, .reason = n->name, .scope = slice_str(scope),
        .kinds = slice_str(kinds), .until = slice_str(until)};
    e = app_act(app, &act, 1, NULL, f);
    return e ? e : box_write(people_box(p), put_row, &row, f);
}

enum err use_account_token(struct app *a, const struct token_new *n, char out[ACCOUNT_TOKEN], struct fault *f)
{
    struct people *p;
    struct account x;
    struct arena arena;
    bool found;
    static const struct subject_id console;
    enum err e = app_people_now(a, &p, f);
    if (e)
        return e;
    arena_init(&arena, 1u << 16);
    e = copy_login(p, &arena, n->login, &x, &found);
    if (!e)
        e = found ? make(a, p, &x, &console, n, out, f) : fault_set(f, ERR_NOT_FOUND, "login", n->login, "say.account");
    arena_free(&arena);
    return e;
}

/* ---- on the page of the account ---- */

/* Of a form that is shown again: was it chosen? */
static void put_chosen(struct cj *j, const struct people_ask *in, const char *prefix, const char *word)
{
    char field[48];
    snprintf(field, sizeof field, "%s%s", prefix, word);
    if (ask_field(in, field).n)
        cj_kbool(j, "chosen", true);
}

/* Rights by their code and by what they let one do, kinds by their names for people. */
static void put_may(struct cj *j, const struct people_ask *in, const struct profile_people *p, rights scope, uint64_t enters)
{
    const struct lang *l = in->lang;
    cj_key(j, "scopes");
    cj_arr(j);
    for (int i = 0; i < RIGHTS_COUNT; i++)
        if (scope & RIGHT_BIT(i)) {
            cj_obj(j);
            cj_kstr(j, "code", slice_str(right_word((enum right)i)));
            put_key(j, l, "label", "right.", right_word((enum right)i));
            put_chosen(j, in, "scope_", right_word((enum right)i));
            cj_obj_end(j);
        }
    cj_arr_end(j);
    cj_key(j, "kinds");
    cj_arr(j);
    for (int i = 0; i < ENTERS_MAX; i++)
        if (enters >> i & 1) {
            cj_obj(j);
            cj_kstr(j, "kind", slice_str(p->kind[i].name));
            words_text(j, l, "label", p->kind[i].label, NULL, 0);
            put_chosen(j, in, "kind_", p->kind[i].name);
            cj_obj_end(j);
        }
    cj_arr_end(j);
}

void put_tokens(struct cj *j, const struct people_ask *in, const struct profile_people *p, const struct roster *r, const struct account *x, int64_t now)
{
    cj_key(j, "tokens");
    cj_arr(j);
    for (size_t i = 0; i < r->token_count; i++) {
        const struct token *t = &r->token[i];
        char until[11];
        if (!subject_eq(&t->account, &x->id) || t->ended || t->until <= now || t->made < x->reset)
            continue;
        time_day(t->until, until);
        cj_obj(j);
        cj_kstr(j, "label", t->name);
        put_may(j, in, p, t->scope & x->rights, t->enters & x->enters);
        cj_khex(j, "token", t->id.b, sizeof t->id.b);
        cj_kstr(j, "until", slice_str(until));
        cj_obj_end(j);
    }
    cj_arr_end(j);
    put_may(j, in, p, x->rights, x->enters);
    cj_kbool(j, "can_enter", x->enters != 0);
}

/* Whose page it is, if he is not who asks. */
static enum err page_account(struct people *p, struct arena *a, const struct people_ask *in, struct account *x, struct fault *f)
{
    struct subject_id id;
    bool found = false;
    enum err e = hex_to(in->id, id.b, sizeof id.b) ? copy_account(p, a, &id, x, &found) : OK;
    return e || found ? e : fault_set(f, ERR_NOT_FOUND, "account", in->id, "say.account");
}

static void chosen_scope(const struct people_ask *in, struct buf *out)
{
    for (int i = 0; i < RIGHTS_COUNT; i++) {
        char field[48];
        snprintf(field, sizeof field, "scope_%s", right_word((enum right)i));
        if (ask_field(in, field).n)
            buf_printf(out, "%s%s", out->n ? " " : "", right_word((enum right)i));
    }
}

static void chosen_kinds(const struct people_ask *in, const struct profile_people *p, struct buf *out)
{
    for (int i = 0; i < ENTERS_MAX; i++) {
        char field[48];
        snprintf(field, sizeof field, "kind_%s", p->kind[i].name);
        if (*p->kind[i].name && ask_field(in, field).n)
            buf_printf(out, "%s%s", out->n ? " " : "", p->kind[i].name);
    }
}

static enum err add(struct app *app, struct people *p, struct arena *a, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    struct account x;
    struct subject_id by = ask_account(in);
    char token[ACCOUNT_TOKEN];
    uint64_t days = 0;
    struct buf scope, kinds;
    enum err e = page_account(p, a, in, &x, f);
    if (e)
        return e;
    buf_init(&scope, SCOPE_MAX);
    buf_init(&kinds, KINDS_MAX);
    chosen_scope(in, &scope);
    chosen_kinds(in, people_profile(p), &kinds);
    ask_number(in, "days", DAYS_MAX, &days);
    const struct token_new n = {x.login, ask_field(in, "name"), buf_view(&scope), buf_view(&kinds), (int)days};
    e = n.scope.n ? make(app, p, &x, &by, &n, token, f) : fault_set(f, ERR_MISSING, "scope", SLICE(""), "want.token_scope");
    buf_free(&scope);
    buf_free(&kinds);
    if (e)
        return e;
    cj_obj(out->out);
    cj_kstr(out->out, "login", x.login);
    cj_khex(out->out, "account_id", x.id.b, sizeof x.id.b);
    cj_kstr(out->out, "label", n.name);
    cj_kint(out->out, "days", n.days);
    cj_kstr(out->out, "token", slice_str(token));
    cj_obj_end(out->out);
    sodium_memzero(token, sizeof token);
    return out->out->out->err;
}

DOOR_FN(door_token_add)
{
    struct people *p;
    struct arena a;
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    arena_init(&a, 1u << 16);
    e = add(app, p, &a, in, out, f);
    arena_free(&a);
    return e;
}

static enum err drop_row(void *arg, struct engine *e, struct fault *f)
{
    const struct token_row *row = arg;
    return token_drop(e, &row->account, &row->id, f);
}

DOOR_FN(door_token_drop)
{
    struct people *p;
    struct token_row row = {0};
    struct act act = {.kind = ACT_TOKEN_ENDED, .by = ask_account(in)};
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    bool well = hex_to(in->id, row.account.b, sizeof row.account.b) && hex_to(ask_field(in, "token"), row.id.b, sizeof row.id.b);
    const struct roster *r = people_roster(p);
    const struct token *t = r && well ? roster_token(r, &row.id) : NULL;
    bool there = t && subject_eq(&t->account, &row.account) && !t->ended;
    people_release(p);
    if (!there)
        return fault_set(f, ERR_NOT_FOUND, "token", SLICE(""), "say.token_gone");
    act.account = row.account;
    act.about = row.id;
    snprintf(out->go, sizeof out->go, "/accounts/" SLICE_FMT, SLICE_ARG(in->id));
    return (e = app_act(app, &act, 1, NULL, f)) ? e : box_write(people_box(p), drop_row, &row, f);
}

/* ---- asking by token ---- */

/* As people state them once for a session, a machine states purpose and case with each request that is to open names. */
static enum err state_purpose(struct app *app, struct people *p, const struct bearer *in, struct visitor *v, struct fault *f)
{
    bool ours = false;
    if (!in->purpose.n && !in->case_no.n)
        return OK;
    if (!purpose_known(people_profile(p), in->purpose))
        return fault_set(f, in->purpose.n ? ERR_UNKNOWN_CODE : ERR_MISSING, "Athar-Purpose", in->purpose, "say.purpose");
    if (!in->case_no.n || in->case_no.n >= sizeof v->case_no)
        return fault_set(f, in->case_no.n ? ERR_TOO_LONG : ERR_MISSING, "Athar-Case", in->case_no, "say.open_case");
    enum err e = case_of_office(app, in->case_no, slice_str(v->office), &ours, f);
    if (e || !ours)
        return e ? e : fault_set(f, ERR_NOT_FOUND, "Athar-Case", in->case_no, "say.open_case");
    snprintf(v->purpose, sizeof v->purpose, SLICE_FMT, SLICE_ARG(in->purpose));
    snprintf(v->case_no, sizeof v->case_no, SLICE_FMT, SLICE_ARG(in->case_no));
    return OK;
}

enum err people_door_machine(struct app *app, const struct bearer *in, struct visitor *out, struct fault *f)
{
    struct people *p;
    bool known = false;
    *out = (struct visitor){.door = "api"};
    enum err e = app_people(app, &p, f);
    if (!e)
        e = people_machine(p, in->token, out, &known, f);
    if (!e && known && out->state == VISITOR_NOBODY && !(e = app_people_now(app, &p, f))) /* made this moment by another process */
        e = people_machine(p, in->token, out, NULL, f);
    return e || !visitor_may(out, RIGHT_NAMES) ? e : state_purpose(app, p, in, out, f);
}
