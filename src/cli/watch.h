/* How a server that runs is watched: metrics on an address of their own, a line a request, the service manager's watchdog. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H
#include "cli/cli.h"
#include "web/web.h"

struct watch;
struct watch_config {
    struct app *app;
    const char *metrics; /* HOST:PORT, a loopback address, so that no proxy of the pages leads there; NULL: none */
    const char *log;     /* "json": a line a request on standard error; NULL: none but of tries to sign in */
};
/* Begins to serve metrics. ERR_FORMAT for another kind of log; else as http_start. */
enum err watch_start(const struct watch_config *c, struct watch **out, struct fault *f);
/* For web_config: told and its arg. */
void watch_told(void *watch, const struct web_told *t);
/* The server answers from now on. */
void watch_ready(struct watch *w);
/* Called a few times a second by the loop of the server: tells the manager that it is well, having looked into the register. */
void watch_beat(struct watch *w);
void watch_stop(struct watch *w); /* before the app is closed; NULL is fine */
#endif
