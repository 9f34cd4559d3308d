/* The web door: pages and API over HTTP. Everything is made ready at start (templates compiled for each language, files
 * compressed), so that a request only looks up, asks the use case and writes. */
#ifndef WEB_WEB_H
#define WEB_WEB_H
#include "web/http.h"
#include "web/service.h"

/* What may be known of a request that was answered: nothing of what was asked for or who is concerned. */
struct web_told {
    size_t route;         /* number in the table; web_routes() where nothing fits */
    const char *method, *pattern; /* of the route, "/firearms/{id}"; "" where nothing fits */
    int status;
    int64_t nanos;        /* in the handler, the gate before it included */
    const uint8_t *account; /* 16 bytes; NULL: nobody was signed in */
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
