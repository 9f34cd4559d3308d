/* Tries to prove who somebody is, as the log of the server and its numbers tell of them: the way follows from the act, the outcome from its error. */
#include "web/web_in.h"
#include "base/banned.h"

static const enum web_way ways[DOOR_ACTS] = {[DOOR_SIGN_IN] = WAY_PASSWORD, [DOOR_PASSKEY_SIGN_IN] = WAY_PASSKEY, [DOOR_LINK] = WAY_LINK,
    [DOOR_FACTOR] = WAY_SECOND, [DOOR_UNLOCK] = WAY_UNLOCK, [DOOR_MINE] = WAY_LETTER, [DOOR_PASSWORD] = WAY_AGAIN, [DOOR_PIN] = WAY_AGAIN,
    [DOOR_TOTP] = WAY_AGAIN, [DOOR_CODES] = WAY_AGAIN, [DOOR_PASSKEY_ADD] = WAY_AGAIN, [DOOR_PASSKEY_DROP] = WAY_AGAIN,
    [DOOR_SESSION_END] = WAY_AGAIN};
static const char *const way_words[WAYS] = {"", "password", "passkey", "link", "second_step", "unlock", "password_again", "letter", "token"};
static const char *const outcome_words[OUTCOMES] = {"", "proven", "wrong", "slowed"};

const char *web_way_word(enum web_way w)
{
    return way_words[w];
}

const char *web_outcome_word(enum web_outcome o)
{
    return outcome_words[o];
}

/* What was missing or not well-formed was no try; nor is a change of one's own account one because it succeeds. */
static enum web_outcome outcome_of(enum web_way way, enum err e, const struct fault *f)
{
    bool again = way == WAY_AGAIN;
    if (e == OK)
        return again ? OUTCOME_NONE : OUTCOME_PROVEN;
    if (e == ERR_BUSY)
        return strcmp(f->field, "sign_in") == 0 ? OUTCOME_SLOWED : OUTCOME_NONE;
    if (again)
        return e == ERR_REFUSED && strcmp(f->field, "old") == 0 ? OUTCOME_WRONG : OUTCOME_NONE;
    return e == ERR_REFUSED || (way == WAY_LINK && e == ERR_NOT_FOUND) ? OUTCOME_WRONG : OUTCOME_NONE;
}

/* Whose account: the name that was typed, whether there is one or not; else who is, or now is, signed in. */
static struct slice login_of(struct req *r, const struct people_answer *a)
{
    const struct web_service *s = r->web->service;
    struct visitor v = {0};
    if (r->route->act == DOOR_SIGN_IN)
        return form_get(&r->posted, "login");
    if (r->who.state == VISITOR_NOBODY && *a->cookie && !s->visitor(s->app, slice_str(a->cookie), &v, NULL))
        return arena_copy(r->in->arena, slice_str(v.login));
    return slice_str(r->who.login);
}

void tries_note(struct req *r, enum err e, const struct fault *f, const struct people_answer *a)
{
    const struct web_service *s = r->web->service;
    enum web_way way = ways[r->route->act];
    enum web_outcome outcome = way == WAY_NONE ? OUTCOME_NONE : outcome_of(way, e, f);
    if (outcome == OUTCOME_NONE)
        return;
    struct slice login = login_of(r, a);
    r->tried = (struct web_try){.way = way, .outcome = outcome};
    r->tried.marked = login.n && s->login_mark && !s->login_mark(s->app, login, r->tried.mark);
}

void tries_note_token(struct req *r)
{
    r->tried = (struct web_try){.way = WAY_TOKEN, .outcome = OUTCOME_WRONG};
}
