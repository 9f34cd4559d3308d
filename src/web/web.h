/* The web door: pages and API over HTTP. Everything is made ready at start (templates compiled for each language, files
 * compressed), so that a request only looks up, asks the use case and writes. */
#ifndef WEB_WEB_H
#define WEB_WEB_H
#include "web/http.h"
#include "web/service.h"

/* A try to prove who somebody is: how, and what came of it. Changes of one's own account ask for the password again. */
enum web_way { WAY_NONE, WAY_PASSWORD, WAY_PASSKEY, WAY_LINK, WAY_SECOND, WAY_UNLOCK, WAY_AGAIN, WAY_LETTER, WAY_TOKEN, WAYS };
enum web_outcome { OUTCOME_NONE, OUTCOME_PROVEN, OUTCOME_WRONG, OUTCOME_SLOWED, OUTCOMES };
struct web_try {
    enum web_way way; /* WAY_NONE: it was none */
    enum web_outcome outcome;
    bool marked;
    uint8_t mark[LOGIN_MARK]; /* of the name to sign in, as it was typed; use/people_door.h */
};
const char *web_way_word(enum web_way w);
const char *web_outcome_word(enum web_outcome o);

/* What may be known of a request that was answered: nothing of what was asked for or who is concerned. */
struct web_told {
    size_t route;         /* number in the table; web_routes() where nothing fits */
    const char *method, *pattern; /* of the route, "/firearms/{id}"; "" where nothing fits */
    int status;
    int64_t nanos;        /* in the handler, the gate before it included */
    const uint8_t *account; /* 16 bytes; NULL: nobody was signed in */
    struct slice source;    /* the address that it came from: to be hashed before it is written */
    struct web_try tried;
};
size_t web_routes(void);
const char *web_route_method(size_t route);
const char *web_route_pattern(size_t route);

struct web;
struct web_config {
    struct http_front front; /* web/http.h */
    unsigned threads;    /* 0 = number of processors */
    const struct web_service *service; /* borrowed, as is its app */
    const struct lang_set *languages;  /* borrowed */
    void (*told)(void *arg, const struct web_told *t); /* after each request, on any thread; NULL */
    void *arg;                         /* of told */
};
/* Serves until web_stop. Errors of http_start, and those of a template that does not compile. */
enum err web_start(const struct web_config *config, struct web **out, struct fault *f);
void web_stop(struct web *w);
/* http_reload. */
enum err web_reload(struct web *w, struct fault *f);
unsigned web_port(const struct web *w);
#endif
