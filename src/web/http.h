/* HTTP: requests in, responses out, over libmicrohttpd (epoll, one thread a core). Nothing outside http.c knows the library, so that it
 * can be replaced.
 *
 * Refused before a handler sees them, with `Connection: close` (request smuggling, RFC 9112 6.3, 3.2): Content-Length together with
 * Transfer-Encoding, a Transfer-Encoding other than chunked, Content-Length twice, no Host or two, a Host that is not this
 * server's (DNS rebinding: until accounts exist only loopback names are), methods other than GET, HEAD and POST, a path that is
 * not well-formed (web/form.h), a body past HTTP_BODY_MAX. Bare LF is the front proxy's to refuse.
 * A request that waits for a disk or a password hash is suspended, handled by a worker (web/workers.h) and resumed: requests that only
 * read never stand behind it.
 * Idle connections end after HTTP_IDLE_SECONDS; headers and path together fit HTTP_HEAD_MAX. */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H
#include "web/form.h"

#define HTTP_BODY_MAX (256u << 10)
#define HTTP_HEAD_MAX (32u << 10)
#define HTTP_IDLE_SECONDS 20
#define HTTP_CONNECTIONS 512
#define HTTP_ARENA_MAX (16u << 20)
#define HTTP_REPLY_MAX (32u << 20)
#define HTTP_PARAMS 2

enum http_method { HTTP_GET, HTTP_POST }; /* HEAD comes as GET; its body is not sent */

struct http_connection; /* library side, for http_header */
struct http_request {
    enum http_method method;
    struct slice path;               /* decoded */
    struct form query;               /* of the address */
    struct slice body;
    struct slice param[HTTP_PARAMS]; /* what {id} stood for, filled by the router */
    struct arena *arena;             /* freed when the response is sent */
    const struct http_connection *connection;
};
/* The value of a cookie, {NULL,0} when absent. */
struct slice http_cookie(const struct http_request *r, const char *name);
/* Numeric address of the connection that it came by. out: at least 64 bytes. */
void http_source(const struct http_request *r, char out[64]);
/* First header of that name (any case), {NULL,0} when absent. */
struct slice http_header(const struct http_request *r, const char *name);

struct http_static; /* a file ready to send: headers, plain and gzip bodies */
struct http_response {
    int status;            /* 200 unless set */
    const char *type;      /* Content-Type; "text/html; charset=utf-8" unless set */
    const char *location;  /* redirects; in the request's arena */
    const char *disposition; /* Content-Disposition; in the request's arena */
    const char *cache;     /* Cache-Control; "no-store" unless set */
    const char *cookie[2]; /* Set-Cookie; in the request's arena */
    int retry_after;       /* seconds; 0 = not said */
    bool close;            /* Connection: close */
    bool packed;           /* the body is gzip; for what only script fetches: each browser with script takes it */
    const struct http_static *file; /* when set, body and type are ignored */
    struct buf body;       /* taken over by the server */
};
typedef void (*http_handler)(void *arg, struct http_request *request, struct http_response *response);

struct http_server;
struct http_config {
    struct slice listen; /* HOST:PORT; port 0 = any free one */
    unsigned threads;    /* 0 = number of processors */
    http_handler handler;
    bool (*slow)(void *arg, const struct http_request *request); /* is this one that waits? It then runs on a worker. NULL: none is */
    void *arg;
};
/* ERR_REFUSED for an address that is not loopback (127.0.0.0/8, ::1, localhost); ERR_FORMAT for no HOST:PORT; ERR_BUSY when the
 * port is taken. */
enum err http_start(const struct http_config *config, struct http_server **out, struct fault *f);
/* Waits for requests under way. NULL is accepted. */
void http_stop(struct http_server *s);
unsigned http_port(const struct http_server *s);

/* A file of the program: sent with its type, an ETag, and, when `immutable`, a year of caching. gzip is made here once. Bytes are
 * borrowed. NULL without memory. Freed after http_stop. */
struct http_static *http_static_new(struct slice bytes, const char *type, bool immutable);
void http_static_free(struct http_static *s);
#endif
