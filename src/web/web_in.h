/* Between the files of the web door: the running door, one request, and the tables. */
#ifndef WEB_WEB_IN_H
#define WEB_WEB_IN_H
#include "web/template.h"
#include "web/timeline.h"
#include "web/web.h"

enum page { PAGE_SEARCH, PAGE_FIREARM, PAGE_RECORD, PAGE_IMPORTS, PAGE_SPECIMENS, PAGE_COMPARE, PAGE_SPECIMEN, PAGE_MATES, PAGE_ERROR, PAGE_SIGN_IN, PAGE_LINK, PAGE_FACTOR, PAGE_LOCKED, PAGE_ME, PAGE_TOTP,
    PAGE_CODES, PAGE_PURPOSE, PAGE_ACCOUNTS, PAGE_ACCOUNT, PAGE_NEW_LINK, PAGE_NEW_TOKEN, PAGE_APPROVALS, PAGE_OPENINGS, PAGE_REVIEW, PAGE_ENTER, PAGE_ENTRY, PAGE_RECEIPT, PAGE_TOTALS, PAGE_REQUESTS, PAGE_REQUEST, PAGE_ANSWER, PAGE_LETTER, PAGE_MINE, PAGE_LISTS, PAGE_HOLDERS, PAGE_SURRENDERS, PAGE_KEPT,
    PAGE_COUNT };

#define WEB_LANGUAGES 16
#define WEB_ASSETS 16

struct asset {
    char url[96];     /* "/static/athar.0123456789.css" */
    const char *key;  /* name in templates: "athar_css" */
    struct http_static *file;
};
struct words { /* all that is fixed for one language */
    const struct lang *lang;
    struct node *fixed; /* lists of choices */
    struct template *page[PAGE_COUNT];
};
struct web {
    const struct web_service *service;
    const struct lang_set *languages;
    struct http_server *server;
    void (*told)(void *arg, const struct web_told *t);
    void *told_arg;
    struct http_front front;
    struct arena arena; /* choices and other fixed values */
    size_t language_count, asset_count;
    struct words words[WEB_LANGUAGES];
    struct asset asset[WEB_ASSETS];
    struct http_static *openapi;
    struct node *fixed; /* asset addresses: the lowest values of every page */
};

/* One request on its way. */
struct req {
    const struct web *web;
    const struct words *words;
    const struct route *route;
    struct http_request *in;
    struct http_response *out;
    struct visitor who;
    struct slice cookie;  /* of the session, as sent */
    struct form posted;   /* of a POST that is a form */
    const struct ask_line *lines; /* of a batch */
    size_t line_count;
    struct web_try tried; /* who somebody is, by this request */
};

/* const table of routes.c: first fit wins. */
struct route {
    enum http_method method;
    const char *path;       /* segments in braces stand for one segment: "/firearms/{id}"; "/{...}" at the end for one or more */
    const char *permission; /* a right's word; or one of the states below */
    void (*handle)(struct req *r);
    bool api;               /* errors as problem+json */
    bool slow;              /* waits for a disk or a password hash: runs on a worker, as does each POST */
    enum door_act act, show; /* people.c: what it does; what is shown again when that fails */
    enum exam_act exam, exam_show; /* examine.c: the same */
    enum page page;
    bool keeps;             /* keep.c: what was typed is kept when it cannot be done now. Not of forms that hold a secret, and not of those that give rights:
                             a session's cookie that has run out would do to lay one before its owner */
    enum { FOR_ALL, FOR_PEOPLE, FOR_MACHINES } whom; /* whatever their rights; machines come with a token */
};
/* Permissions that are no rights: "" = anybody; "self" = signed in, or setting up a second factor; "signed_in" = signed in;
 * "factor" = the second factor waits; "locked" = the screen is locked; "session" = any of these. */
size_t route_count(void);
const struct route *route_at(size_t i);
const struct route *route_find(enum http_method method, struct slice path, struct slice params[HTTP_PARAMS], bool *other_method);

/* ---- pages.c, api.c: handlers ---- */
void page_search(struct req *r);
void page_firearm(struct req *r);
void page_firearm_find(struct req *r);
void page_record(struct req *r);
void page_imports(struct req *r);
void page_static(struct req *r);
/* ---- examine.c ---- */
void examine_page(struct req *r);
void examine_do(struct req *r);
void examine_bytes(struct req *r);
void api_examine(struct req *r);
void api_search(struct req *r);
void api_firearm(struct req *r);
void api_firearm_pdf(struct req *r);
void api_record(struct req *r);
void api_imports(struct req *r);
void api_marks_read(struct req *r);
void api_health(struct req *r);
void api_openapi(struct req *r);
/* ---- ledger.c ---- */
void log_checkpoint(struct req *r);
void log_tile(struct req *r);
void log_entries(struct req *r);

/* ---- people.c: handlers of the routes about people, by their act ---- */
void people_page(struct req *r);
void people_show(struct req *r);
void people_do(struct req *r);
/* ---- openings.c ---- */
void page_openings(struct req *r);
/* ---- enter.c: handlers whose act says itself what is shown and where to go next; page and API ---- */
void enter_show(struct req *r);
void enter_do(struct req *r);
void api_act_show(struct req *r);
void api_act_do(struct req *r);
void api_lines_do(struct req *r);

/* ---- gate.c: before each handler ---- */
/* Finds out who asks and whether the route is for him; false: answered already. */
bool gate_pass(struct req *r);
/* May somebody in his state, with his rights, go where this permission of the table is asked for? */
bool gate_may(const struct visitor *v, const char *permission);
/* Sent by a page of this very session? Same origin, and the form's token where there is a session. */
bool gate_form(const struct req *r, struct fault *f);
/* By what the browser says, or an older one does not. */
bool gate_same_origin(const struct req *r);
void gate_cookies(struct req *r, const struct people_answer *a);
/* The mark of this browser, as sent. */
struct slice gate_device(const struct req *r);
/* Of a browser that nobody signed in from yet. */
struct slice gate_door(const struct req *r);
/* The tag of the language that was chosen in this browser, as sent; the request's is kept from now on. */
struct slice gate_language(const struct http_request *in);
void gate_keep_language(struct req *r);
/* Every permission of the table is known; ERR_BUG names one that is not. */
enum err gate_check_table(struct fault *f);

/* ---- keep.c ---- */
/* Keeps the posted form for whose session it is or was: the page where he finds it. NULL: it cannot be kept. */
const char *keep_form(struct req *r);
/* A kept one that is sent now is kept no more. */
void keep_done(struct req *r);

/* ---- tries.c: what is told of the act that this request did, or of its token ---- */
void tries_note(struct req *r, enum err e, const struct fault *f, const struct people_answer *a);
void tries_note_token(struct req *r);

/* ---- landing.c ---- */
/* The first page that he may see. */
const char *landing_first(const struct web *w, const struct visitor *v);
/* `go`, a path of this server, where he may see it; else the first page that he may. */
const char *landing_of(const struct web *w, const struct visitor *v, const char *go);

/* ---- pages.c: a use case and what it writes: for a route of the API into `json` as text, for a page as values in the request's arena
 * (json then holds what went wrong). On an error the fault says why. ---- */
struct run {
    struct buf json;
    struct cj j;
    struct fault f;
};
void run_begin(struct req *r, struct run *run);
/* Their parts: are there people at all (else answered); an act run; the posted form read and proven to come from this session. */
bool people_there(struct req *r);
enum err people_run(struct req *r, enum door_act act, const struct form *form, struct run *run, struct people_answer *a);
bool people_form(struct req *r, struct fault *f);
/* The answer where it was not. */
void people_unformed(struct req *r, const struct fault *f);

/* Of a page: NULL and the fault set when the use case failed (e) or wrote nothing. */
struct node *run_result(struct run *run, enum err e);
/* What a summary on top of the page says of a bad field. */
void add_error(struct req *r, struct node *extra, const struct fault *f);
/* `path` with this request's query, `skip` left out and `more` (may be NULL) added; in the arena. */
struct slice same_query(struct req *r, const char *path, const char *skip, const char *more);
/* Fields as they were typed, but for secrets: {"login": ..., "next": ...}. */
struct node *echo_form(struct req *r, const struct form *form);

/* ---- reply.c ---- */
int reply_status(enum err code);
/* The fault as a page or as problem+json, as the route is. */
void reply_fault(struct req *r, const struct fault *f);
/* The result (may be NULL) through the page's template; `extra` values (may be NULL) stand above it. */
void reply_page(struct req *r, enum page page, const struct node *result, struct node *extra);
/* The address of this page, or of the first one where it has none that can be opened: a form's. */
const char *own_address(struct req *r);
/* The path of this request, as an address. */
const char *posted_address(struct req *r);
struct search_ask search_ask_of(const struct req *r);
struct trace_ask trace_ask_of(const struct req *r);

/* ---- refusal.c ---- */
/* Members of the page of a fault, by its status: heading, kept, next, again_url, again_form. */
void refusal_values(struct req *r, const struct fault *f, struct node *v);
/* A whole page in each language, for what is refused before it is known who asks. */
void refusal_page(const struct web *w, int status, struct buf *out);

/* ---- assets.c ---- */
enum err assets_load(struct web *w, struct fault *f);
void assets_free(struct web *w);
const struct http_static *assets_find(const struct web *w, struct slice path);
struct slice template_file(void *arg, struct slice name);
#endif
