/* The server side of web/http.h. One `struct exchange` a request, made when its first line arrives (on_uri) and freed when it is over
 * (on_done); its arena and reply buffer come from a small shelf, so that the usual request allocates nothing.
 * States of an exchange: NEW (headers to be checked) -> BODY (collecting) -> done; or refused at NEW or BODY. */
#include "web/http.h"
#include "web/workers.h"
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>
#include "base/hash.h"
#include "base/banned.h"

#define SHELF 64

struct exchange {
    struct work work; /* first: a worker gets it back as this */
    struct MHD_Connection *connection;
    struct http_request in;
    struct http_response out;
    bool answered; /* by a worker: out is whole */
    struct http_server *server;
    struct exchange *next; /* on the shelf */
    struct arena arena;
    struct slice uri;
    bool checked;
    struct buf body;
};
struct http_server {
    struct MHD_Daemon *daemon;
    struct workers *workers;
    http_handler handler;
    bool (*slow)(void *arg, const struct http_request *request);
    void *arg;
    unsigned port;
    char host[64]; /* as given to listen */
    pthread_mutex_t lock;
    struct exchange *shelf;
    size_t shelved;
};
struct http_static {
    struct MHD_Response *plain, *gzip, *unchanged;
    char etag[24];
};
struct http_connection;

/* ---- shelf ---- */

static struct exchange *exchange_take(struct http_server *s)
{
    pthread_mutex_lock(&s->lock);
    struct exchange *x = s->shelf;
    if (x) {
        s->shelf = x->next;
        s->shelved--;
    }
    pthread_mutex_unlock(&s->lock);
    if (x)
        return x;
    x = mem_alloc(1, sizeof *x);
    if (x) {
        x->server = s;
        arena_init(&x->arena, HTTP_ARENA_MAX);
        buf_init(&x->body, HTTP_BODY_MAX);
    }
    return x;
}

static void exchange_free(struct exchange *x)
{
    arena_free(&x->arena);
    buf_free(&x->body);
    mem_free(x);
}

static void exchange_put(struct exchange *x)
{
    struct http_server *s = x->server;
    arena_reset(&x->arena);
    buf_reset(&x->body);
    x->checked = x->answered = false;
    x->uri = slice_of(NULL, 0);
    pthread_mutex_lock(&s->lock);
    bool keep = s->shelved < SHELF;
    if (keep) {
        x->next = s->shelf;
        s->shelf = x;
        s->shelved++;
    }
    pthread_mutex_unlock(&s->lock);
    if (!keep)
        exchange_free(x);
}

/* ---- responses ---- */

static const char *const security[][2] = {
    {"Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
                                "base-uri 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

static void add_security(struct MHD_Response *r)
{
    for (size_t i = 0; i < sizeof security / sizeof *security; i++)
        MHD_add_response_header(r, security[i][0], security[i][1]);
}

static enum MHD_Result send_file(struct MHD_Connection *c, const struct http_static *s)
{
    const char *etag = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "If-None-Match");
    const char *accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Accept-Encoding");
    if (etag && strstr(etag, s->etag))
        return MHD_queue_response(c, 304, s->unchanged);
    return MHD_queue_response(c, 200, s->gzip && accept && strstr(accept, "gzip") ? s->gzip : s->plain);
}

static enum MHD_Result send_response(struct MHD_Connection *c, struct http_response *out)
{
    if (out->file) {
        buf_free(&out->body);
        return send_file(c, out->file);
    }
    if (out->body.err) {
        buf_free(&out->body);
        buf_init(&out->body, 100);
        out->status = 500;
    }
    /* The library frees the bytes with free(); mem_alloc memory is malloc's. */
    struct MHD_Response *r = MHD_create_response_from_buffer_with_free_callback(out->body.n, out->body.p, mem_free);
    if (!r) {
        buf_free(&out->body);
        return MHD_NO;
    }
    MHD_add_response_header(r, "Content-Type", out->type ? out->type : "text/html; charset=utf-8");
    MHD_add_response_header(r, "Cache-Control", out->cache ? out->cache : "no-store");
    add_security(r);
    if (out->packed)
        MHD_add_response_header(r, "Content-Encoding", "gzip");
    if (out->location)
        MHD_add_response_header(r, "Location", out->location);
    if (out->disposition)
        MHD_add_response_header(r, "Content-Disposition", out->disposition);
    for (size_t i = 0; i < sizeof out->cookie / sizeof *out->cookie; i++)
        if (out->cookie[i])
            MHD_add_response_header(r, "Set-Cookie", out->cookie[i]);
    if (out->retry_after > 0) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%d", out->retry_after);
        MHD_add_response_header(r, "Retry-After", seconds);
    }
    if (out->close)
        MHD_add_response_header(r, "Connection", "close");
    enum MHD_Result queued = MHD_queue_response(c, (unsigned)(out->status ? out->status : 200), r);
    MHD_destroy_response(r);
    return queued;
}

static enum MHD_Result refuse(struct MHD_Connection *c, int status, const char *why)
{
    struct http_response out = {.status = status, .type = "text/plain; charset=utf-8", .close = true};
    buf_init(&out.body, 1024);
    buf_str(&out.body, why);
    buf_byte(&out.body, '\n');
    return send_response(c, &out);
}

/* ---- checking a request's head ---- */

struct head {
    unsigned hosts, lengths, encodings;
    bool chunked_only;
    const char *host;
};

static enum MHD_Result count_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct head *h = arg;
    if (!strcasecmp(name, "Host")) {
        h->hosts++;
        h->host = value;
    } else if (!strcasecmp(name, "Content-Length")) {
        h->lengths++;
    } else if (!strcasecmp(name, "Transfer-Encoding")) {
        h->encodings++;
        h->chunked_only = h->encodings == 1 && value && !strcasecmp(value, "chunked");
    }
    return MHD_YES;
}

static bool own_host(const struct http_server *s, const char *host)
{
    struct slice h = slice_str(host);
    size_t end = h.n;
    while (end > 0 && h.p[end - 1] >= '0' && h.p[end - 1] <= '9')
        end--;
    if (end > 0 && h.p[end - 1] == ':' && end < h.n)
        h.n = end - 1;
    return slice_is(h, "localhost") || slice_is(h, "127.0.0.1") || slice_is(h, "[::1]") || slice_is(h, s->host);
}

/* NULL when well; else why not. */
static const char *check_head(const struct http_server *s, struct MHD_Connection *c, const char *method, int *status)
{
    struct head h = {.chunked_only = true};
    MHD_get_connection_values(c, MHD_HEADER_KIND, count_header, &h);
    *status = 400;
    if (h.hosts != 1 || !h.host)
        return "exactly one Host header is needed";
    if (h.lengths > 1 || (h.lengths && h.encodings) || !h.chunked_only)
        return "Content-Length and Transfer-Encoding contradict";
    if (!own_host(s, h.host))
        return *status = 421, "this server does not answer for that Host";
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 && strcmp(method, "POST") != 0)
        return *status = 405, "GET, HEAD or POST";
    return NULL;
}

/* ---- a request ---- */

struct slice http_header(const struct http_request *r, const char *name)
{
    struct MHD_Connection *c = (struct MHD_Connection *)(uintptr_t)r->connection;
    return c ? slice_str(MHD_lookup_connection_value(c, MHD_HEADER_KIND, name)) : slice_of(NULL, 0);
}

struct slice http_cookie(const struct http_request *r, const char *name)
{
    struct MHD_Connection *c = (struct MHD_Connection *)(uintptr_t)r->connection;
    return c ? slice_str(MHD_lookup_connection_value(c, MHD_COOKIE_KIND, name)) : slice_of(NULL, 0);
}

void http_source(const struct http_request *r, char out[64])
{
    struct MHD_Connection *c = (struct MHD_Connection *)(uintptr_t)r->connection;
    const union MHD_ConnectionInfo *info = c ? MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS) : NULL;
    const struct sockaddr *a = info ? info->client_addr : NULL;
    out[0] = 0;
    if (a && a->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a)->sin_addr, out, 64);
    else if (a && a->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, out, 64);
}

/* On a worker. The connection is suspended, so nothing else touches it or the exchange. */
static void work(struct work *w)
{
    struct exchange *x = (struct exchange *)w;
    x->server->handler(x->server->arg, &x->in, &x->out);
    x->answered = true;
    MHD_resume_connection(x->connection);
}

static enum MHD_Result hand_over(struct exchange *x, struct MHD_Connection *c)
{
    x->connection = c;
    x->work.run = work;
    MHD_suspend_connection(c);
    if (workers_take(x->server->workers, &x->work))
        return MHD_YES;
    buf_str(&x->out.body, "too many requests wait\n");
    x->out.status = 503;
    x->out.type = "text/plain; charset=utf-8";
    x->out.retry_after = 1;
    x->answered = true;
    MHD_resume_connection(c);
    return MHD_YES;
}

static enum MHD_Result answer(struct exchange *x, struct MHD_Connection *c, const char *method)
{
    struct http_request *in = &x->in;
    *in = (struct http_request){.method = strcmp(method, "POST") == 0 ? HTTP_POST : HTTP_GET, .arena = &x->arena, .body = buf_view(&x->body),
        .connection = (const struct http_connection *)c};
    struct fault f = {0};
    const char *mark = memchr(x->uri.p, '?', x->uri.n);
    size_t path_n = mark ? (size_t)(mark - x->uri.p) : x->uri.n;
    enum err e = form_path(&x->arena, slice_of(x->uri.p, path_n), &in->path, &f);
    if (!e && mark)
        e = form_parse(&x->arena, slice_of(mark + 1, x->uri.n - path_n - 1), &in->query, &f);
    if (e)
        return refuse(c, e == ERR_MEMORY ? 500 : 400, "the address is not well-formed");
    x->out = (struct http_response){0};
    buf_init(&x->out.body, HTTP_REPLY_MAX);
    if (x->server->slow && x->server->slow(x->server->arg, in))
        return hand_over(x, c);
    x->server->handler(x->server->arg, in, &x->out);
    return send_response(c, &x->out);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data,
    size_t *data_n, void **state)
{
    struct http_server *s = arg;
    struct exchange *x = *state;
    int status;
    if (!x || !x->uri.p)
        return MHD_NO;
    if (x->answered)
        return send_response(c, &x->out);
    if (!x->checked) {
        const char *why = check_head(s, c, method, &status);
        const char *length = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length");
        uint64_t n = 0;
        if (!why && length && (!slice_u64(slice_str(length), UINT64_MAX, &n) || n > HTTP_BODY_MAX)) {
            why = "the body is too long";
            status = 413;
        }
        x->checked = true;
        return why ? refuse(c, status, why) : MHD_YES;
    }
    if (*data_n) {
        buf_add(&x->body, data, *data_n);
        *data_n = 0;
        return MHD_YES; /* past the maximum the buffer remembers it; answered when the body has ended */
    }
    if (x->body.err)
        return refuse(c, x->body.err == ERR_TOO_LONG ? 413 : 500, "the body is too long");
    return answer(x, c, method);
}

static void *on_uri(void *arg, const char *uri, struct MHD_Connection *c)
{
    struct exchange *x = exchange_take(arg);
    if (x)
        x->uri = arena_copy(&x->arena, slice_str(uri));
    return x;
}

static void on_done(void *arg, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode code)
{
    if (*state)
        exchange_put(*state);
    *state = NULL;
}

/* ---- listening ---- */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Loopback only: what is sent is not encrypted. */
static enum err read_address(struct slice listen, char host[64], union address *out, struct fault *f)
{
    size_t colon = listen.n;
    while (colon > 0 && listen.p[colon - 1] != ':')
        colon--;
    uint64_t port;
    if (colon < 2 || colon > 60 || !slice_u64(slice_of(listen.p + colon, listen.n - colon), 65535, &port))
        return fault_set(f, ERR_FORMAT, "--listen", listen, "want.listen");
    memcpy(host, listen.p, colon - 1);
    host[colon - 1] = 0;
    memset(out, 0, sizeof *out);
    if (strcmp(host, "[::1]") == 0) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_addr = in6addr_loopback;
        out->v6.sin6_port = htons((uint16_t)port);
        return OK;
    }
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons((uint16_t)port);
    if (strcmp(host, "localhost") == 0)
        out->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else if (inet_pton(AF_INET, host, &out->v4.sin_addr) != 1 || ntohl(out->v4.sin_addr.s_addr) >> 24 != 127)
        return fault_set(f, ERR_REFUSED, "--listen", listen, "want.loopback");
    return OK;
}

static enum err start_daemon(struct http_server *s, const struct http_config *config, const union address *address, struct fault *f)
{
    long cores = config->threads ? (long)config->threads : sysconf(_SC_NPROCESSORS_ONLN);
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (address->any.sa_family == AF_INET6 ? MHD_USE_IPv6 : 0);
    struct MHD_OptionItem pool[] = {{MHD_OPTION_THREAD_POOL_SIZE, cores > 1 ? cores : 0, NULL}, {MHD_OPTION_END, 0, NULL}};
    s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_SOCK_ADDR, &address->any, MHD_OPTION_ARRAY, pool,
        MHD_OPTION_URI_LOG_CALLBACK, on_uri, s, MHD_OPTION_NOTIFY_COMPLETED, on_done, s, MHD_OPTION_CONNECTION_LIMIT, HTTP_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, HTTP_IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEAD_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
    if (!s->daemon)
        return errno == EADDRINUSE ? fault_set(f, ERR_BUSY, "--listen", config->listen, "want.free_port") : fault_sys(f, errno, "--listen");
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    s->port = info ? info->port : 0;
    return OK;
}

enum err http_start(const struct http_config *config, struct http_server **out, struct fault *f)
{
    struct http_server *s = mem_alloc(1, sizeof *s);
    union address address;
    if (!s)
        return fault_set(f, ERR_MEMORY, "--listen", config->listen, "");
    s->handler = config->handler;
    s->slow = config->slow;
    s->arg = config->arg;
    pthread_mutex_init(&s->lock, NULL);
    enum err e = read_address(config->listen, s->host, &address, f);
    if (!e)
        e = workers_start(&s->workers, f);
    if (!e)
        e = start_daemon(s, config, &address, f);
    if (e)
        http_stop(s);
    else
        *out = s;
    return e;
}

void http_stop(struct http_server *s)
{
    if (!s)
        return;
    workers_stop(s->workers); /* answers what waits; from now on none is taken. The pool itself is freed after the library */
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    workers_free(s->workers);
    while (s->shelf) {
        struct exchange *x = s->shelf;
        s->shelf = x->next;
        exchange_free(x);
    }
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

unsigned http_port(const struct http_server *s)
{
    return s->port;
}

/* ---- files ---- */

static bool gzip_of(struct slice bytes, struct buf *out)
{
    z_stream z = {0};
    if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    uLong bound = deflateBound(&z, bytes.n);
    buf_init(out, bound + 1);
    z.next_in = (Bytef *)(uintptr_t)bytes.p;
    z.avail_in = (uInt)bytes.n;
    z.next_out = buf_room(out, bound);
    z.avail_out = (uInt)bound;
    bool ok = z.next_out && deflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out < bytes.n;
    out->n = ok ? z.total_out : 0;
    deflateEnd(&z);
    if (!ok)
        buf_free(out);
    return ok;
}

static void file_headers(struct MHD_Response *r, const struct http_static *s, const char *type, bool immutable)
{
    if (!r)
        return;
    MHD_add_response_header(r, "Content-Type", type);
    MHD_add_response_header(r, "ETag", s->etag);
    MHD_add_response_header(r, "Vary", "Accept-Encoding");
    MHD_add_response_header(r, "Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-cache");
    add_security(r);
}

struct http_static *http_static_new(struct slice bytes, const char *type, bool immutable)
{
    struct http_static *s = mem_alloc(1, sizeof *s);
    struct buf gz;
    if (!s)
        return NULL;
    struct hash h = hash_of(bytes.p, bytes.n);
    s->etag[0] = '"';
    hex_of(h.b, 10, s->etag + 1);
    s->etag[21] = '"';
    s->etag[22] = 0;
    s->plain = MHD_create_response_from_buffer(bytes.n, (void *)(uintptr_t)bytes.p, MHD_RESPMEM_PERSISTENT);
    s->unchanged = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (bytes.n > 600 && gzip_of(bytes, &gz)) {
        s->gzip = MHD_create_response_from_buffer_with_free_callback(gz.n, gz.p, mem_free);
        if (s->gzip)
            MHD_add_response_header(s->gzip, "Content-Encoding", "gzip");
    }
    file_headers(s->plain, s, type, immutable);
    file_headers(s->gzip, s, type, immutable);
    file_headers(s->unchanged, s, type, immutable);
    if (s->plain && s->unchanged)
        return s;
    http_static_free(s);
    return NULL;
}

void http_static_free(struct http_static *s)
{
    if (!s)
        return;
    if (s->plain)
        MHD_destroy_response(s->plain);
    if (s->gzip)
        MHD_destroy_response(s->gzip);
    if (s->unchanged)
        MHD_destroy_response(s->unchanged);
    mem_free(s);
}
