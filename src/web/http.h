/* HTTP: requests in, responses out, over libmicrohttpd (epoll, one thread a core; TLS by its GnuTLS). Nothing outside http.c, http_reply.c and
 * http_in.h knows the library, so that it can be replaced.
 *
 * Where it may listen: on an address of this computer; on any other with TLS alone; at a socket file, or on an address of this computer, behind
 * proxies that are named (web/via.h). A server with TLS or behind a proxy is *outward*: it answers to its names (--name) alone, says HSTS, sets
 * cookies that are Secure, and holds every address to its pace (web/pace.h). One without is for its own computer.
 *
 * Refused before a handler sees them, with `Connection: close`: what web/head.h says (request smuggling, RFC 9112), a Host that is not this
 * server's (421: DNS rebinding), methods other than GET, HEAD and POST, a path that is not well-formed (web/form.h), a body past
 * HTTP_BODY_MAX, what a proxy does not vouch for (403), who asks too fast (429).
 * A request that waits for a disk or a password hash is suspended, handled by a worker (web/workers.h) and resumed: requests that only
 * read never stand behind it.
 * Idle connections end after HTTP_IDLE_SECONDS, slow ones as web/patience.h says; headers and path together fit HTTP_HEAD_MAX. */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H
#include "web/form.h"
#include "web/head.h"

#define HTTP_BODY_MAX (256u << 10)
#define HTTP_HEAD_MAX (32u << 10)
#define HTTP_IDLE_SECONDS 20 /* nothing at all moves */
#define HTTP_ASK_SECONDS 60  /* until a whole request is there */
#define HTTP_TAKE_SECONDS 300 /* until its answer is taken */
#define HTTP_CONNECTIONS 1024
#define HTTP_ARENA_MAX (32u << 20)
#define HTTP_REPLY_MAX (32u << 20)
#define HTTP_PARAMS 2

enum http_method { HTTP_GET, HTTP_POST }; /* HEAD comes as GET; its body is not sent */

struct http_request {
    enum http_method method;
    struct slice path;               /* decoded */
    struct form query;               /* of the address */
    struct slice body;
    struct slice param[HTTP_PARAMS]; /* what {id} stood for, filled by the router */
    struct arena *arena;             /* freed when the response is sent */
    const struct head *head;         /* as sent */
    struct slice source;             /* numeric address of the client: of the connection, or as a named proxy says */
    bool outward;                    /* came encrypted, from anywhere */
    struct workers *workers;         /* it is handled by one of these; NULL: on a thread of the door, which never waits */
};
/* The value of a cookie, {NULL,0} when absent, or there twice: one was planted. */
struct slice http_cookie(const struct http_request *r, const char *name);
/* First header of that name (any case), {NULL,0} when absent. */
struct slice http_header(const struct http_request *r, const char *name);
struct http_static; /* a file ready to send: headers, plain and gzip bodies */
struct http_response {
    int status;            /* 200 unless set */
    const char *type;      /* Content-Type; "text/html; charset=utf-8" unless set */
    const char *location;  /* redirects; in the request's arena */
    const char *disposition; /* Content-Disposition; in the request's arena */
    const char *cache;     /* Cache-Control; "no-store" unless set */
    const char *cookie[4]; /* Set-Cookie; in the request's arena */
    bool bearer;           /* WWW-Authenticate: Bearer */
    int retry_after;       /* seconds; 0 = not said */
    bool close;            /* Connection: close */
    bool packed;           /* the body is gzip; for what only script fetches: each browser with script takes it */
    const struct http_static *file; /* when set, body and type are ignored */
    struct buf body;       /* taken over by the server */
};
typedef void (*http_handler)(void *arg, struct http_request *request, struct http_response *response);

/* How the server stands to the world; texts borrowed while it runs. */
struct http_front {
    struct slice listen;          /* HOST:PORT or unix:PATH (web/listen.h) */
    const char *tls_cert, *tls_key; /* PEM files, both or none; the chain, the server's own first */
    struct slice trusted_proxy;   /* web/via.h */
    struct slice name;
};
/* Does it answer others than its own computer? */
bool http_front_outward(const struct http_front *front);
/* Do its parts go together? Errors of http_start that need no socket. */
enum err http_front_check(const struct http_front *front, struct fault *f);

struct http_server;
struct http_config {
    struct http_front front;
    unsigned threads;    /* 0 = number of processors */
    http_handler handler;
    bool (*slow)(void *arg, const struct http_request *request); /* is this one that waits? It then runs on a worker. NULL: none is */
    void (*refused)(void *arg, int status, struct buf *out); /* a page for what the server itself refuses, to who takes HTML; NULL: a line of text */
    void *arg;
};
/* Errors of listen_open and via_read; ERR_REFUSED for an address beyond this computer without TLS, or a socket file without a named proxy; ERR_MISSING
 * without a name where one is needed; ERR_FORMAT for a certificate or key that is none, or do not fit. */
enum err http_start(const struct http_config *config, struct http_server **out, struct fault *f);
/* Waits for requests under way. NULL is accepted. */
void http_stop(struct http_server *s);
/* Reads certificate and key anew: connections that begin from now on get the new one, requests under way are answered (ten seconds at most). On an error all
 * stays as it was. One thread at a time. */
enum err http_reload(struct http_server *s, struct fault *f);
unsigned http_port(const struct http_server *s);

/* A file of the program: sent with its type, an ETag, and, when `immutable`, a year of caching. gzip is made here once. Bytes are
 * borrowed. NULL without memory. Freed after http_stop. */
struct http_static *http_static_new(struct slice bytes, const char *type, bool immutable, bool outward);
void http_static_free(struct http_static *s);
#endif
