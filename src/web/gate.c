/* The gate before every handler: who asks, and is the route for him? The only place where routes and rights meet. What the visitor may not do is
 * refused before anything is looked up, so that a refusal tells nothing about what is there. */
#include "web/web_in.h"
#include "people/form_token.h"
#include <stdio.h>
#include <strings.h>
#include "base/banned.h"

static const char *const states[] = {"", "self", "signed_in", "factor", "locked", "session"};

static bool is_state(const char *permission)
{
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strcmp(permission, states[i]) == 0)
            return true;
    return false;
}

enum err gate_check_table(struct fault *f)
{
    for (size_t i = 0; i < route_count(); i++) {
        enum right right;
        const char *permission = route_at(i)->permission;
        if (!is_state(permission) && !right_of(slice_str(permission), &right))
            return fault_set(f, ERR_BUG, "route", slice_str(permission), "");
    }
    return OK;
}

/* ---- cookies ---- */

/* Where it comes encrypted the prefix __Host- makes the browser hold the cookie to this host, this path and TLS. */
enum cookie { COOKIE_SESSION, COOKIE_DEVICE, COOKIE_DOOR, COOKIE_LANG };
static const char *const cookie_names[][2] = {{"athar", "__Host-athar"}, {"athar-device", "__Host-athar-device"}, {"athar-door", "__Host-athar-door"},
    {"athar-lang", "__Host-athar-lang"}};

static struct slice read_cookie(const struct http_request *in, enum cookie c)
{
    return http_cookie(in, cookie_names[c][in->outward]);
}

struct slice gate_device(const struct req *r)
{
    return read_cookie(r->in, COOKIE_DEVICE);
}

struct slice gate_door(const struct req *r)
{
    return read_cookie(r->in, COOKIE_DOOR);
}

struct slice gate_language(const struct http_request *in)
{
    return read_cookie(in, COOKIE_LANG);
}

static const char *set_cookie(struct req *r, enum cookie c, const char *value, int64_t seconds)
{
    char age[40] = "";
    if (seconds >= 0)
        snprintf(age, sizeof age, "; Max-Age=%lld", (long long)seconds);
    return arena_printf(r->in->arena, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s", cookie_names[c][r->in->outward], value,
        r->in->outward ? "; Secure" : "", age);
}

void gate_keep_language(struct req *r)
{
    r->out->cookie[3] = set_cookie(r, COOKIE_LANG, lang_tag(r->words->lang), 365 * 86400);
}

void gate_cookies(struct req *r, const struct people_answer *a)
{
    if (a->end)
        r->out->cookie[0] = set_cookie(r, COOKIE_SESSION, "", 0);
    else if (*a->cookie)
        r->out->cookie[0] = set_cookie(r, COOKIE_SESSION, a->cookie, -1);
    if (*a->device)
        r->out->cookie[1] = set_cookie(r, COOKIE_DEVICE, a->device, 180 * 86400);
    if (*a->door)
        r->out->cookie[2] = set_cookie(r, COOKIE_DOOR, a->door, -1);
}

/* ---- passing ---- */

enum pass { PASS, PASS_SIGN_IN, PASS_FACTOR, PASS_ENROL, PASS_LOCKED, PASS_REFUSE };

/* Where somebody in this state belongs who may not go where he wants. */
static enum pass elsewhere(enum visitor_state state)
{
    static const enum pass to[] = {[VISITOR_NOBODY] = PASS_SIGN_IN, [VISITOR_FACTOR] = PASS_FACTOR, [VISITOR_ENROL] = PASS_ENROL,
        [VISITOR_OPEN] = PASS_REFUSE, [VISITOR_LOCKED] = PASS_LOCKED};
    return to[state];
}

bool gate_may(const struct visitor *v, const char *permission)
{
    enum right right;
    if (!*permission)
        return true;
    if (strcmp(permission, "session") == 0)
        return v->state != VISITOR_NOBODY;
    if (strcmp(permission, "self") == 0)
        return v->state == VISITOR_OPEN || v->state == VISITOR_ENROL;
    if (strcmp(permission, "signed_in") == 0)
        return v->state == VISITOR_OPEN;
    if (strcmp(permission, "factor") == 0)
        return v->state == VISITOR_FACTOR;
    if (strcmp(permission, "locked") == 0)
        return v->state == VISITOR_LOCKED;
    return right_of(slice_str(permission), &right) && visitor_may(v, right);
}

static const char *with_page(struct req *r, const char *path, const char *page)
{
    struct buf b;
    buf_init(&b, 1024);
    buf_str(&b, path);
    buf_str(&b, "?next=");
    form_quote(&b, slice_str(page));
    struct slice to = b.err ? slice_of(NULL, 0) : arena_copy(r->in->arena, buf_view(&b));
    buf_free(&b);
    return to.p ? to.p : path;
}

/* The page that was wanted, to come back to; its language is kept already. */
static const char *with_next(struct req *r, const char *path)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_str(&b, path);
    if (r->in->method == HTTP_GET && !slice_is(r->in->path, "/")) {
        struct buf wanted;
        buf_init(&wanted, 2048);
        buf_slice(&wanted, r->in->path);
        char join = '?';
        for (size_t i = 0; i < r->in->query.count; i++) {
            if (slice_is(r->in->query.field[i].name, "lang"))
                continue;
            buf_byte(&wanted, (uint8_t)join);
            join = '&';
            form_quote(&wanted, r->in->query.field[i].name);
            buf_byte(&wanted, '=');
            form_quote(&wanted, r->in->query.field[i].value);
        }
        buf_str(&b, "?next=");
        if (!wanted.err)
            form_quote(&b, buf_view(&wanted));
        buf_free(&wanted);
    }
    struct slice to = b.err ? slice_of(NULL, 0) : arena_copy(r->in->arena, buf_view(&b));
    buf_free(&b);
    return to.p ? to.p : path;
}

static void send_away(struct req *r, enum pass pass)
{
    static const char *const pages[] = {[PASS_SIGN_IN] = "/sign-in", [PASS_FACTOR] = "/second-factor", [PASS_ENROL] = "/me", [PASS_LOCKED] = "/locked"};
    struct fault f = {0};
    if (pass == PASS_REFUSE && r->in->method == HTTP_GET && slice_is(r->in->path, "/")) { /* the address that everybody types */
        r->out->status = 303;
        r->out->location = landing_first(r->web, &r->who);
        return;
    }
    if (pass != PASS_REFUSE && !r->route->api) {
        const char *kept = pass == PASS_ENROL || pass == PASS_FACTOR ? NULL : keep_form(r);
        r->out->status = 303;
        r->out->location = pass == PASS_ENROL || pass == PASS_FACTOR ? pages[pass] : kept ? with_page(r, pages[pass], kept) : with_next(r, pages[pass]);
        return;
    }
    fault_set(&f, ERR_REFUSED, "permission", SLICE(""), pass == PASS_REFUSE ? "say.forbidden" : pass == PASS_LOCKED ? "say.locked" : "say.signed_out");
    r->out->status = pass == PASS_REFUSE ? 403 : 401;
    r->out->bearer = r->out->status == 401;
    reply_fault(r, &f);
}

/* A token is for the API alone, and comes without a cookie: which of two proofs would count is no question to be asked. */
static bool by_token(const struct req *r)
{
    return slice_starts(r->in->path, "/api/v1/") && http_header(r->in, "Authorization").n > 0;
}

static enum err find_machine(struct req *r, struct fault *f)
{
    const struct web_service *s = r->web->service;
    struct slice proof = http_header(r->in, "Authorization");
    if (r->cookie.n)
        return fault_set(f, ERR_CONFLICT, "Authorization", SLICE(""), "say.two_proofs");
    if (proof.n < 7 || strncasecmp(proof.p, "Bearer ", 7) != 0)
        return OK;
    const struct bearer in = {slice_trim(slice_of(proof.p + 7, proof.n - 7)), http_header(r->in, "Athar-Purpose"), http_header(r->in, "Athar-Case")};
    enum err e = s->machine(s->app, &in, &r->who, f);
    if (!e && r->who.state == VISITOR_NOBODY)
        tries_note_token(r);
    return e;
}

static enum err find_visitor(struct req *r, struct fault *f)
{
    const struct web_service *s = r->web->service;
    if (!s->visitor) {
        r->who = visitor_everything("open", "page");
        return OK;
    }
    r->who = (struct visitor){0};
    r->cookie = read_cookie(r->in, COOKIE_SESSION);
    if (!*r->route->permission && !r->cookie.n)
        return OK;
    return *r->route->permission && by_token(r) ? find_machine(r, f) : s->visitor(s->app, r->cookie, &r->who, f);
}

bool gate_pass(struct req *r)
{
    struct fault f = {0};
    if (find_visitor(r, &f)) {
        reply_fault(r, &f);
        return false;
    }
    r->who.door = r->route->api ? "api" : "page";
    bool for_him = r->route->whom == FOR_ALL || (r->route->whom == FOR_MACHINES) == r->who.machine;
    enum pass pass = for_him && gate_may(&r->who, r->route->permission) ? PASS : elsewhere(r->who.state);
    if (pass == PASS)
        return true;
    send_away(r, pass);
    return false;
}

/* ---- forms ---- */

bool gate_same_origin(const struct req *r)
{
    struct slice site = http_header(r->in, "Sec-Fetch-Site"), origin = http_header(r->in, "Origin"), host = http_header(r->in, "Host");
    if (site.n)
        return slice_is(site, "same-origin");
    if (!origin.n)
        return true; /* no browser of today: what it lacks is a cookie to misuse, or the form's token holds */
    size_t at = slice_starts(origin, "https://") ? 8 : slice_starts(origin, "http://") && !r->in->outward ? 7 : 0;
    return at && slice_eq(slice_of(origin.p + at, origin.n - at), host);
}

bool gate_form(const struct req *r, struct fault *f)
{
    bool of_session = r->web->service->visitor && *r->route->permission; /* signing in begins one: it belongs to none yet */
    bool holds = gate_same_origin(r) && (!of_session || session_form_holds(r->cookie, form_get(&r->posted, "form_token")));
    if (!holds)
        fault_set(f, ERR_REFUSED, "form", SLICE(""), "say.forged");
    return holds;
}
