/* The server side of web/http.h. One `struct exchange` a request, made when its first line arrives (on_uri) and freed when it is over
 * (on_done); its arena and reply buffer come from a small shelf, so that the usual request allocates nothing.
 * States of an exchange: NEW (headers to be checked) -> BODY (collecting) -> done; or refused at NEW or BODY.
 *
 * A `struct door` is one running instance of the library on the listening socket. Reloading the certificate opens a second and closes the first.
 * Invariants: 1. a door is closed only when none of its connections is suspended: `leaving` is set first, and who would suspend then
 * counts itself before it looks at `leaving`; 2. the socket that is listened on is the server's, doors have duplicates. */
#include "web/http_in.h"
#include "web/listen.h"
#include "web/pace.h"
#include "web/patience.h"
#include "web/via.h"
#include "web/workers.h"
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <strings.h>
#include <unistd.h>
#include "base/file.h"
#include "base/seal.h"
#include "base/time.h"
#include "base/banned.h"

#define SHELF 64
#define PEM_MAX (256u << 10)
#define LEAVING_MS 10000
/* TLS 1.2 and 1.3, keys agreed anew for each connection, ciphers that authenticate. */
static const char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:"
    "+CHACHA20-POLY1305:-MAC-ALL:+AEAD:%SERVER_PRECEDENCE";

struct door {
    struct MHD_Daemon *daemon;
    struct http_server *server;
    atomic_bool leaving;
    atomic_int suspended, under_way;
};
struct exchange {
    struct work work; /* first: a worker gets it back as this */
    struct MHD_Connection *connection;
    struct door *door;
    struct http_request in;
    struct http_response out;
    bool answered, counted; /* by a worker: out is whole; among the suspended ones of its door */
    struct exchange *next;  /* on the shelf */
    struct arena arena;
    const char *raw; /* the address in the library's buffer */
    struct slice uri;
    bool checked;
    struct head head;
    char source[VIA_ADDRESS];
    struct buf body;
};
struct http_server {
    struct door *door;
    struct http_front front;
    struct listening listening;
    struct via via;
    struct pace *pace;
    struct patience *patience;
    struct workers *workers;
    http_handler handler;
    bool (*slow)(void *arg, const struct http_request *request);
    void (*refused)(void *arg, int status, struct buf *out);
    void *arg;
    bool outward;
    unsigned threads;
    pthread_mutex_t lock;
    struct exchange *shelf;
    size_t shelved;
};

bool http_front_outward(const struct http_front *front)
{
    return front->trusted_proxy.n || front->tls_cert || front->tls_key || listen_beyond(front->listen) || slice_starts(front->listen, "unix:");
}

/* ---- shelf ---- */

static struct exchange *exchange_take(struct door *d)
{
    struct http_server *s = d->server;
    pthread_mutex_lock(&s->lock);
    struct exchange *x = s->shelf;
    if (x) {
        s->shelf = x->next;
        s->shelved--;
    }
    pthread_mutex_unlock(&s->lock);
    if (!x && (x = mem_alloc(1, sizeof *x))) {
        arena_init(&x->arena, HTTP_ARENA_MAX);
        buf_init(&x->body, HTTP_BODY_MAX);
    }
    if (x) {
        x->door = d;
        atomic_fetch_add(&d->under_way, 1);
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
    struct http_server *s = x->door->server;
    atomic_fetch_sub(&x->door->under_way, 1);
    arena_reset(&x->arena);
    buf_reset(&x->body);
    buf_free(&x->out.body); /* who asked went before he was answered */
    if (x->counted)
        atomic_fetch_sub(&x->door->suspended, 1);
    x->counted = false;
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

/* ---- what a request says of itself ---- */

struct slice http_header(const struct http_request *r, const char *name)
{
    return head_get(r->head, name);
}

struct slice http_cookie(const struct http_request *r, const char *name)
{
    return head_cookie(r->head, name);
}

/* ---- checking a request's head ---- */

/* An address has no other bytes (RFC 3986): blanks, control characters and what is not ASCII are written %XX. */
static bool visible(struct slice s)
{
    bool well = true;
    for (size_t i = 0; i < s.n && well; i++)
        well = s.p[i] > ' ' && s.p[i] < 0x7f;
    return well;
}

static const char *read_raw(struct exchange *x, struct MHD_Connection *c, const char *method, const char *version, int *status)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    size_t n = info ? info->header_size : 0, address = (size_t)(x->raw - method), at = (size_t)(version - method);
    *status = 400;
    if (!info || address > n || at > n || !visible(x->uri)) /* without a version it lies elsewhere */
        return "the head of the request is not well-formed";
    return head_read(method, n, address, x->uri.n, at, &x->head, status);
}

static bool address_of(struct MHD_Connection *c, struct via_address *out)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info ? info->client_addr : NULL;
    memset(out, 0, sizeof *out);
    if (a && a->sa_family == AF_INET) {
        memcpy(out->b, mapped, sizeof mapped);
        memcpy(out->b + 12, &((const struct sockaddr_in *)(const void *)a)->sin_addr, 4);
    } else if (a && a->sa_family == AF_INET6) {
        memcpy(out->b, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, 16);
    }
    return a && (a->sa_family == AF_INET || a->sa_family == AF_INET6);
}

/* Whom it came from, and whether he may ask now. */
static const char *check_source(struct exchange *x, struct MHD_Connection *c, int *status)
{
    const struct http_server *s = x->door->server;
    struct via_address a;
    bool numeric = address_of(c, &a), proxy = numeric ? via_is_proxy(&s->via, &a) : s->via.socket;
    const char *why = proxy ? via_forwarded(&s->via, &x->head, &a) : s->front.trusted_proxy.n && !s->front.tls_cert ? "only by the proxy" : NULL;
    if (why)
        return *status = 403, why;
    via_text(&a, x->source);
    if (s->pace && pace_take(s->pace, &a, time_mono_ns() / 1000000))
        return *status = 429, "too many requests from this address";
    return NULL;
}

/* NULL when well; else why not. */
static const char *check_head(struct exchange *x, struct MHD_Connection *c, const char *method, const char *version, int *status)
{
    const struct http_server *s = x->door->server;
    const char *why = read_raw(x, c, method, version, status);
    if (why)
        return why;
    if (!via_own_host(&s->via, head_get(&x->head, "Host"), !s->outward))
        return *status = 421, "this server does not answer for that Host";
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 && strcmp(method, "POST") != 0)
        return *status = 405, "GET, HEAD or POST";
    if (x->head.body > HTTP_BODY_MAX)
        return *status = 413, "the body is too long";
    return check_source(x, c, status);
}

/* A browser that wants a page, not a program. */
static bool wants_page(const struct exchange *x, struct MHD_Connection *c)
{
    const char *accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Accept");
    return x->door->server->refused && accept && strstr(accept, "text/html") && !slice_starts(x->uri, "/api/");
}

static enum MHD_Result refuse(struct exchange *x, struct MHD_Connection *c, int status, const char *why)
{
    const struct http_server *s = x->door->server;
    struct buf page;
    buf_init(&page, HTTP_REPLY_MAX);
    if (wants_page(x, c))
        s->refused(s->arg, status, &page);
    if (page.n && !page.err)
        return http_refuse_page(c, status, &page, s->outward);
    buf_free(&page);
    return http_refuse(c, status, why, s->outward);
}

/* ---- a request ---- */

/* On a worker. The connection is suspended, so nothing else touches it or the exchange. */
static void work(struct work *w)
{
    struct exchange *x = (struct exchange *)w;
    x->door->server->handler(x->door->server->arg, &x->in, &x->out);
    x->answered = true;
    MHD_resume_connection(x->connection);
}

static enum MHD_Result too_many(struct exchange *x, struct MHD_Connection *c)
{
    x->out.status = 503;
    if (wants_page(x, c))
        x->door->server->refused(x->door->server->arg, 503, &x->out.body);
    else
        buf_str(&x->out.body, "too many requests wait\n");
    x->out.type = x->out.body.n && *x->out.body.p == '<' ? NULL : "text/plain; charset=utf-8";
    x->out.retry_after = 1;
    x->answered = true;
    MHD_resume_connection(c);
    return MHD_YES;
}

/* false: the door is leaving, and nothing may be suspended. */
static bool hand_over(struct exchange *x, struct MHD_Connection *c)
{
    atomic_fetch_add(&x->door->suspended, 1);
    if (atomic_load(&x->door->leaving)) {
        atomic_fetch_sub(&x->door->suspended, 1);
        return false;
    }
    x->counted = true;
    x->connection = c;
    x->work.run = work;
    x->in.workers = x->door->server->workers;
    MHD_suspend_connection(c);
    if (!workers_take(x->door->server->workers, &x->work))
        too_many(x, c);
    return true;
}

static struct wait *wait_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static enum MHD_Result send_now(struct exchange *x, struct MHD_Connection *c)
{
    struct http_server *s = x->door->server;
    if (x->counted)
        atomic_fetch_sub(&x->door->suspended, 1);
    x->counted = false;
    x->out.close = x->out.close || atomic_load(&x->door->leaving);
    patience_now(s->patience, wait_of(c), WAIT_TAKING);
    return http_send(c, &x->out, s->outward);
}

static enum MHD_Result answer(struct exchange *x, struct MHD_Connection *c, const char *method)
{
    struct http_server *s = x->door->server;
    struct http_request *in = &x->in;
    *in = (struct http_request){.method = strcmp(method, "POST") == 0 ? HTTP_POST : HTTP_GET, .arena = &x->arena, .body = buf_view(&x->body),
        .head = &x->head, .source = slice_str(x->source), .outward = s->outward};
    struct fault f = {0};
    const char *mark = memchr(x->uri.p, '?', x->uri.n);
    size_t path_n = mark ? (size_t)(mark - x->uri.p) : x->uri.n;
    enum err e = form_path(&x->arena, slice_of(x->uri.p, path_n), &in->path, &f);
    if (!e && mark)
        e = form_parse(&x->arena, slice_of(mark + 1, x->uri.n - path_n - 1), &in->query, &f);
    if (e)
        return refuse(x, c, e == ERR_MEMORY ? 500 : 400, "the address is not well-formed");
    x->out = (struct http_response){0};
    buf_init(&x->out.body, HTTP_REPLY_MAX);
    patience_now(s->patience, wait_of(c), WAIT_OURSELVES);
    if (s->slow && s->slow(s->arg, in) && hand_over(x, c))
        return MHD_YES;
    s->handler(s->arg, in, &x->out);
    return send_now(x, c);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data,
    size_t *data_n, void **state)
{
    struct exchange *x = *state;
    int status;
    if (!x || !x->uri.p)
        return MHD_NO;
    if (x->answered)
        return send_now(x, c);
    if (!x->checked) {
        const char *why = check_head(x, c, method, version, &status);
        x->checked = true;
        return why ? refuse(x, c, status, why) : MHD_YES;
    }
    if (*data_n) {
        buf_add(&x->body, data, *data_n);
        *data_n = 0;
        return MHD_YES; /* past the maximum the buffer remembers it; answered when the body has ended */
    }
    if (x->body.err)
        return refuse(x, c, x->body.err == ERR_TOO_LONG ? 413 : 500, "the body is too long");
    return answer(x, c, method);
}

static void *on_uri(void *arg, const char *uri, struct MHD_Connection *c)
{
    struct exchange *x = exchange_take(arg);
    if (x && uri) {
        x->raw = uri;
        x->uri = arena_copy(&x->arena, slice_str(uri));
    }
    return x;
}

static void on_done(void *arg, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode code)
{
    struct door *d = arg;
    patience_now(d->server->patience, wait_of(c), WAIT_REQUEST);
    if (*state)
        exchange_put(*state);
    *state = NULL;
}

static void on_connection(void *arg, struct MHD_Connection *c, void **context, enum MHD_ConnectionNotificationCode what)
{
    struct door *d = arg;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (what == MHD_CONNECTION_NOTIFY_STARTED && info) {
        *context = patience_begin(d->server->patience, info->connect_fd);
    } else if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        patience_end(d->server->patience, *context);
        *context = NULL;
    }
}

/* ---- doors ---- */

static enum err read_pem(const char *path, const char *option, struct buf *out, struct fault *f)
{
    buf_init(out, PEM_MAX);
    enum err e = file_read(path, out, f);
    if (e)
        return e;
    buf_byte(out, 0);
    return out->err ? fault_set(f, out->err, option, slice_str(path), "want.pem") : OK;
}

static enum err start_daemon(struct door *d, int fd, const char *cert, const char *key, struct fault *f)
{
    struct http_server *s = d->server;
    long cores = s->threads ? (long)s->threads : sysconf(_SC_NPROCESSORS_ONLN);
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (cert ? MHD_USE_TLS : 0);
    struct MHD_OptionItem more[8] = {{MHD_OPTION_LISTEN_SOCKET, fd, NULL}};
    size_t n = 1;
    if (cores > 1)
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, cores, NULL};
    if (cert) {
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)cert};
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key};
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)priorities};
    }
    more[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    errno = 0;
    d->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, d, MHD_OPTION_ARRAY, more, MHD_OPTION_URI_LOG_CALLBACK, on_uri, d,
        MHD_OPTION_NOTIFY_COMPLETED, on_done, d, MHD_OPTION_NOTIFY_CONNECTION, on_connection, d, MHD_OPTION_CONNECTION_LIMIT, HTTP_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, HTTP_IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEAD_MAX, MHD_OPTION_END);
    if (d->daemon)
        return OK;
    return cert ? fault_set(f, ERR_FORMAT, "--tls-cert", slice_str(s->front.tls_cert), "want.tls_pair") : fault_sys(f, errno, "--listen");
}

static enum err door_open(struct http_server *s, struct door **out, struct fault *f)
{
    struct buf cert = {0}, key = {0};
    struct door *d = mem_alloc(1, sizeof *d);
    int fd = dup(s->listening.fd);
    enum err e = OK;
    if (!d || fd < 0)
        e = fault_set(f, ERR_MEMORY, "--listen", s->front.listen, "");
    else
        d->server = s;
    if (!e && s->front.tls_cert && !(e = read_pem(s->front.tls_cert, "--tls-cert", &cert, f)))
        e = read_pem(s->front.tls_key, "--tls-key", &key, f);
    if (!e)
        e = start_daemon(d, fd, cert.p, key.p, f);
    if (key.p)
        seal_wipe(key.p, key.n);
    buf_free(&cert);
    buf_free(&key);
    if (!e) {
        *out = d;
        return OK;
    }
    if (fd >= 0)
        close(fd);
    mem_free(d);
    return e;
}

/* Answers what is under way, LEAVING_MS at most; what is suspended for as long as it takes (invariant 1). */
static void door_close(struct door *d)
{
    if (!d)
        return;
    atomic_store(&d->leaving, true);
    for (int ms = 0; atomic_load(&d->suspended) || (atomic_load(&d->under_way) && ms < LEAVING_MS); ms += 10)
        usleep(10000);
    int fd = MHD_quiesce_daemon(d->daemon); /* else it would end listening for the other door too */
    MHD_stop_daemon(d->daemon);
    if (fd >= 0)
        close(fd);
    mem_free(d);
}

/* ---- start and stop ---- */

/* Not encrypted, it stays on this computer; what comes through a proxy comes from one that is named. */
enum err http_front_check(const struct http_front *front, struct fault *f)
{
    if (!front->tls_cert != !front->tls_key)
        return fault_set(f, ERR_MISSING, front->tls_cert ? "--tls-key" : "--tls-cert", SLICE(""), "want.tls_pair");
    if (!front->tls_cert && listen_beyond(front->listen))
        return fault_set(f, ERR_REFUSED, "--listen", front->listen, "want.loopback");
    if (slice_starts(front->listen, "unix:") && !front->trusted_proxy.n)
        return fault_set(f, ERR_MISSING, "--trusted-proxy", SLICE(""), "want.trusted_proxy");
    return http_front_outward(front) && !front->name.n ? fault_set(f, ERR_MISSING, "--name", SLICE(""), "want.host_name") : OK;
}

static enum err prepare(struct http_server *s, struct fault *f)
{
    enum err e = http_front_check(&s->front, f);
    if (!e)
        e = via_read(s->front.trusted_proxy, s->front.name, &s->via, f);
    if (!e && slice_starts(s->front.listen, "unix:") && !s->via.socket)
        e = fault_set(f, ERR_MISSING, "--trusted-proxy", s->front.trusted_proxy, "want.trusted_socket");
    if (!e && s->outward && !(s->pace = pace_new()))
        e = fault_set(f, ERR_MEMORY, "--listen", s->front.listen, "");
    if (!e)
        e = listen_open(s->front.listen, &s->listening, f);
    if (!e)
        e = patience_start(HTTP_ASK_SECONDS, HTTP_TAKE_SECONDS, &s->patience, f);
    return e ? e : workers_start(&s->workers, f);
}

enum err http_start(const struct http_config *config, struct http_server **out, struct fault *f)
{
    struct http_server *s = mem_alloc(1, sizeof *s);
    if (!s)
        return fault_set(f, ERR_MEMORY, "--listen", config->front.listen, "");
    *s = (struct http_server){.front = config->front, .handler = config->handler, .slow = config->slow, .refused = config->refused, .arg = config->arg,
        .outward = http_front_outward(&config->front), .threads = config->threads, .listening = {.fd = -1}};
    pthread_mutex_init(&s->lock, NULL);
    enum err e = prepare(s, f);
    if (!e)
        e = door_open(s, &s->door, f);
    if (e)
        http_stop(s);
    else
        *out = s;
    return e;
}

enum err http_reload(struct http_server *s, struct fault *f)
{
    struct door *old = s->door;
    enum err e = s->front.tls_cert ? door_open(s, &s->door, f) : OK;
    if (!e && s->door != old)
        door_close(old);
    return e;
}

void http_stop(struct http_server *s)
{
    if (!s)
        return;
    workers_stop(s->workers); /* answers what waits; from now on none is taken. The pool itself is freed after the library */
    if (s->door)
        MHD_stop_daemon(s->door->daemon);
    mem_free(s->door);
    workers_free(s->workers);
    patience_stop(s->patience);
    pace_free(s->pace);
    listen_close(&s->listening);
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
    return s->listening.port;
}
