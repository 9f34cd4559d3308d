/* What the web door asks about people: acts by number, each with the same question and answer, so that routes are rows. A show act writes JSON
 * for a page; a do act changes something and says where to go next. docs/api/shapes.md "people". Needs no header of the store. */
#ifndef USE_PEOPLE_DOOR_H
#define USE_PEOPLE_DOOR_H
#include "base/cjson.h"
#include "lang/lang.h"
#include "people/visitor.h"

enum door_act {
    DOOR_NONE,
    DOOR_SIGN_IN,        /* do: login, password, next */
    DOOR_PASSKEY_SHOW,   /* show: a challenge, for signing in, as second factor, or to unlock */
    DOOR_PASSKEY_SIGN_IN, /* do: credential, client_data, data, signature, next */
    DOOR_FACTOR,         /* do: code, or as above; next */
    DOOR_LINK_SHOW,      /* show: whose link the id is */
    DOOR_LINK,           /* do: uses it */
    DOOR_SIGN_OUT,       /* do */
    DOOR_LOCK,           /* do */
    DOOR_UNLOCK,         /* do: secret (PIN or password), or as above; next */
    DOOR_ME,             /* show */
    DOOR_PASSWORD,       /* do: old, password */
    DOOR_PIN,            /* do: old, pin */
    DOOR_TOTP,           /* show: a seed; with seed and code: do */
    DOOR_TOTP_SHOW,      /* show: the seed of the form, or a new one */
    DOOR_CODES,          /* show: new printed codes, once */
    DOOR_PASSKEY_ADD,    /* do: old, name, client_data, data */
    DOOR_PASSKEY_DROP,   /* do: old, passkey */
    DOOR_SESSION_END,    /* do: old, session (or "others") */
    DOOR_PURPOSE_SHOW,   /* show */
    DOOR_PURPOSE,        /* do: purpose, case, open, firearm, next */
    DOOR_GLASS,          /* do: reason, next */
    DOOR_ACCOUNTS,       /* show */
    DOOR_ACCOUNT,        /* show: id */
    DOOR_ACCOUNT_ADD,    /* do: login, name, office, role; shows a link once */
    DOOR_ROLE,           /* do: id, role, what (give, take), reason */
    DOOR_ACCOUNT_CLOSE,  /* do: id, reason */
    DOOR_ACCOUNT_RESET,  /* do: id, reason; shows a link once */
    DOOR_TOKEN_ADD,      /* do: id, name, days, scope_RIGHT ..., kind_KIND ...; shows a token once */
    DOOR_TOKEN_DROP,     /* do: id, token */
    DOOR_APPROVALS,      /* show */
    DOOR_APPROVE,        /* do: id, what (approve, refuse), reason */
    DOOR_OPENINGS,       /* show: who (or account), office, purpose, first, last, case, subject, before */
    DOOR_REVIEW,         /* show */
    DOOR_JUDGE,          /* do: id, what (proper, improper) */
    DOOR_ENTER_LIST,     /* show: firearm */
    DOOR_ENTER,          /* show: id (kind), draft, step, firearm, record ... */
    DOOR_ENTER_DO,       /* do: id (kind), draft, step, what (next, back, record, discard), warned, fields of the step */
    DOOR_ENTER_API,      /* do: id (kind), key, what (check, record), warned, all fields */
    DOOR_ENTER_BATCH,    /* do: lines, each kind, key, warned, all fields; writes a line of JSON for each */
    DOOR_RECEIPT,        /* show: id (record) */
    DOOR_REQUESTS, /* show */
    DOOR_REQUEST, /* show: id */
    DOOR_REQUEST_NEW, /* do: name, document, channel, seen, text */
    DOOR_REQUEST_DO, /* do: id, what, text */
    DOOR_REQUEST_ANSWER, /* show: id */
    DOOR_REQUEST_LETTER, /* do: id; shows a code once */
    DOOR_MINE, /* do: letter; shows the answer */
    DOOR_LISTS, /* show */
    DOOR_LIST_ASK, /* do: area, make, calibre, type, purpose, case, reason */
    DOOR_LIST, /* show: id */
    DOOR_SURRENDERS, /* show */
    DOOR_KEEP,           /* do: keeps the form, whose path is `path`, for who sent it; goes where it is shown */
    DOOR_KEPT,           /* show: id */
    DOOR_KEPT_DROP,      /* do: id, or the field kept */
    DOOR_TOTALS,         /* show: openings by month and purpose */
    DOOR_ACTS
};

#define BATCH_LINES 500
struct ask_line { /* of a batch */
    size_t number;     /* in what was sent, from 1 */
    const void *form;  /* as people_ask.form; NULL: it could not be read, as the fault says */
    struct fault fault;
};

struct app;
struct people_ask {
    const struct lang *lang;
    const struct visitor *who;
    struct slice agent;          /* the header User-Agent, as sent */
    struct slice cookie, device, door; /* as the browser sent them; door: of a browser that nobody signed in from yet */
    struct slice source;         /* address that it comes from */
    struct slice host;           /* as in Host, without port: of passkeys */
    struct slice origin;         /* scheme://host[:port] of this server, as the request named it */
    struct slice id;             /* of the path */
    struct slice (*field)(const void *form, const char *name); /* trimmed */
    bool (*member)(const void *form, size_t i, struct slice *out); /* the name of the i-th field that was sent; false behind the last */
    const void *form;
    struct slice path;           /* of the request */
    const struct ask_line *line; /* of a batch: at most BATCH_LINES */
    size_t line_count;
    void (*rest)(void *pool, bool rests); /* told when the asking thread begins to wait for a commit (true), and when it goes on; may be NULL */
    void *pool;
};
struct people_answer {
    struct cj *out;             /* show */
    char cookie[44];            /* a new session; "" = none */
    bool end;                   /* the session cookie is to be dropped */
    char device[44];            /* a new mark of this browser; "" = none */
    int status;                 /* of the shown JSON; 0 = 200 */
    char door[44];              /* the same before signing in: challenges are bound to it */
    char go[512];               /* do: path to go to; "" = the shown JSON is the answer */
};
typedef enum err (*people_door_fn)(struct app *app, const struct people_ask *in, struct people_answer *out, struct fault *f);
extern const people_door_fn people_door[DOOR_ACTS];
/* A machine by its token (Authorization: Bearer). Whoever would read names states a purpose of the profile and a case of his office with each request.
 * ERR_UNKNOWN_CODE, ERR_NOT_FOUND for a purpose or case that there is not; an unknown token is nobody. */
struct bearer {
    struct slice token, purpose, case_no;
};
enum err people_door_machine(struct app *app, const struct bearer *in, struct visitor *out, struct fault *f);
/* What the server's log says instead of a name to sign in, whether there is such an account or not: the beginning of an HMAC-SHA-256 under a key of this
 * directory, without regard to case. `athar account list` has that of each account. */
#define LOGIN_MARK 8
enum err people_door_mark(struct app *app, struct slice login, uint8_t out[LOGIN_MARK]);
/* A cookie's visitor. */
enum err people_door_visitor(struct app *app, struct slice cookie, struct visitor *out, struct fault *f);
#endif
