/* Lines on standard error, canonical JSON. A try to prove who somebody is has one whatever --log says: {"event": "sign_in", "left_out", "login", "outcome",
 * "request", "source", "time", "way"}; those that failed no more than TRIES_AT_ONCE and then one each TRIES_EVERY. login: people_door_mark; source: a hash as `account`.
 *
 * With --log json each request: {"account","ms","request","route","method","status","time"}. The route is its pattern; `account` is the beginning of a keyed
 * hash under a key that goes with the process, so that the acts of one account in one run can be told to be one's, and by nobody whose;
 * absent where nobody was signed in. */
#include "cli/watch.h"
#include "base/hash.h"
#include "base/notify.h"
#include "base/prom.h"
#include "base/seal.h"
#include "base/trickle.h"
#include "base/node.h"
#include "use/health.h"
#include "use/metrics.h"
#include "web/meter.h"
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

#define METRICS_MAX (4u << 20)
#define LINE_MAX_BYTES 2048
#define TRIES_AT_ONCE 100
#define TRIES_EVERY 10000000000 /* ns: some 8,600 lines a day at most, 2 MB */

struct watch {
    struct app *app;
    struct meter *meter;
    struct http_server *metrics;
    bool log;
    uint8_t key[32]; /* of account hashes and request ids */
    _Atomic uint64_t requests;
    struct trickle failed; /* lines about tries that failed */
    int64_t every, next; /* of the watchdog; 0 = nobody watches */
};

/* ---- metrics ---- */

static void serve_metrics(void *arg, struct http_request *in, struct http_response *out)
{
    struct watch *w = arg;
    out->type = PROM_TYPE;
    if (in->method != HTTP_GET || !slice_is(in->path, "/metrics")) {
        out->status = 404;
        buf_str(&out->body, "see /metrics\n");
        return;
    }
    use_metrics(w->app, &out->body);
    meter_write(w->meter, &out->body);
}

/* It reads the disk: on a worker. */
static bool always(void *arg, const struct http_request *in)
{
    return true;
}

/* ---- lines ---- */

static void put_hash(struct cj *j, const char *name, const uint8_t key[32], const void *p, size_t n)
{
    uint8_t mac[32];
    hash_hmac(key, p, n, mac);
    cj_khex(j, name, mac, 8);
}

static void put_now(struct cj *j)
{
    char when[25];
    time_text(time_now(), when);
    cj_kstr(j, "time", slice_str(when));
}

/* One write, so that lines of two threads do not mix. */
static void send_line(struct buf *b)
{
    buf_byte(b, '\n');
    if (!b->err && write(STDERR_FILENO, b->p, b->n) < 0)
        b->err = ERR_IO; /* who should be told reads this very file */
    buf_free(b);
}

static void write_try(struct watch *w, const struct web_told *t, uint64_t number)
{
    struct buf b;
    struct cj j;
    uint64_t left_out = 0;
    if (t->tried.outcome != OUTCOME_PROVEN && !trickle_take(&w->failed, time_mono_ns(), &left_out))
        return;
    buf_init(&b, LINE_MAX_BYTES);
    cj_open_loose(&j, &b);
    cj_obj(&j);
    cj_kstr(&j, "event", SLICE("sign_in"));
    if (left_out)
        cj_kint(&j, "left_out", (int64_t)left_out);
    if (t->tried.marked)
        cj_khex(&j, "login", t->tried.mark, sizeof t->tried.mark);
    cj_kstr(&j, "outcome", slice_str(web_outcome_word(t->tried.outcome)));
    put_hash(&j, "request", w->key, &number, sizeof number);
    put_hash(&j, "source", w->key, t->source.p, t->source.n);
    put_now(&j);
    cj_kstr(&j, "way", slice_str(web_way_word(t->tried.way)));
    cj_obj_end(&j);
    send_line(&b);
}

static void write_line(struct watch *w, const struct web_told *t, uint64_t number)
{
    struct buf b;
    struct cj j;
    char ms[24];
    buf_init(&b, LINE_MAX_BYTES);
    snprintf(ms, sizeof ms, "%lld.%03lld", (long long)(t->nanos / 1000000), (long long)(t->nanos / 1000 % 1000));
    cj_open_loose(&j, &b);
    cj_obj(&j);
    if (t->account)
        put_hash(&j, "account", w->key, t->account, 16);
    cj_kstr(&j, "method", slice_str(t->method));
    cj_key(&j, "ms");
    cj_raw(&j, slice_str(ms));
    put_hash(&j, "request", w->key, &number, sizeof number);
    cj_kstr(&j, "route", slice_str(t->pattern));
    cj_kint(&j, "status", t->status);
    put_now(&j);
    cj_obj_end(&j);
    send_line(&b);
}

void watch_told(void *watch, const struct web_told *t)
{
    struct watch *w = watch;
    uint64_t number = atomic_fetch_add(&w->requests, 1);
    meter_count(w->meter, t);
    if (t->tried.outcome != OUTCOME_NONE)
        write_try(w, t, number);
    if (w->log)
        write_line(w, t, number);
}

/* ---- the manager ---- */

void watch_ready(struct watch *w)
{
    w->every = notify_watchdog() / 3;
    notify_send("READY=1\nSTATUS=serving\n");
}

/* Whatever the answer: that there is one says that no thread holds what all need. */
static void look(struct watch *w)
{
    struct arena a;
    struct buf b;
    struct cj j;
    char text[160];
    arena_init(&a, 64u << 10);
    buf_init(&b, 1);
    cj_open_tree(&j, &a, &b);
    enum err e = use_health(w->app, &j, NULL);
    struct slice reason = e ? SLICE("") : node_text(j.root, "reason");
    if (reason.n)
        snprintf(text, sizeof text, "WATCHDOG=1\nSTATUS=serving, but nothing can be recorded (" SLICE_FMT "): athar doctor says more\n", SLICE_ARG(reason));
    else
        snprintf(text, sizeof text, "WATCHDOG=1\nSTATUS=%s\n", !e ? "serving" : e == ERR_LOCKED ? "the key store is locked" : "the register cannot be read");
    notify_send(text);
    arena_free(&a);
    buf_free(&b);
}

void watch_beat(struct watch *w)
{
    int64_t now = time_mono_ns();
    if (!w->every || now < w->next)
        return;
    w->next = now + w->every;
    look(w);
}

/* ---- start and stop ---- */

enum err watch_start(const struct watch_config *c, struct watch **out, struct fault *f)
{
    struct watch *w = mem_alloc(1, sizeof *w);
    if (!w || !(w->meter = meter_new())) {
        mem_free(w);
        return fault_set(f, ERR_MEMORY, "metrics", SLICE(""), "");
    }
    w->app = c->app;
    w->log = c->log != NULL;
    seal_random(w->key, sizeof w->key);
    trickle_init(&w->failed, TRIES_AT_ONCE, TRIES_EVERY);
    const struct http_config http = {.front.listen = slice_str(c->metrics), .threads = 1, .handler = serve_metrics, .slow = always, .arg = w};
    enum err e = c->log && strcmp(c->log, "json") != 0 ? fault_set(f, ERR_FORMAT, "--log", slice_str(c->log), "want.log_kind") : OK;
    if (!e && c->metrics)
        e = http_start(&http, &w->metrics, f);
    if (e)
        watch_stop(w);
    else
        *out = w;
    return e;
}

void watch_stop(struct watch *w)
{
    if (!w)
        return;
    notify_send("STOPPING=1\n");
    http_stop(w->metrics);
    meter_free(w->meter);
    trickle_free(&w->failed);
    seal_wipe(w->key, sizeof w->key);
    mem_free(w);
}
