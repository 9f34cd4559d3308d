/* The web door: pages and API over HTTP. Everything is made ready at start (templates compiled for each language, files
 * compressed), so that a request only looks up, asks the use case and writes. */
#ifndef WEB_WEB_H
#define WEB_WEB_H
#include "web/http.h"
#include "web/service.h"

struct web;
struct web_config {
    struct slice listen; /* HOST:PORT, loopback only (web/http.h) */
    unsigned threads;    /* 0 = number of processors */
    const struct web_service *service; /* borrowed, as is its app */
    const struct lang_set *languages;  /* borrowed */
};
/* Serves until web_stop. Errors of http_start, and those of a template that does not compile. */
enum err web_start(const struct web_config *config, struct web **out, struct fault *f);
void web_stop(struct web *w);
unsigned web_port(const struct web *w);
#endif
