#include "web/meter.h"
#include "base/prom.h"
#include <stdatomic.h>
#include <stdio.h>
#include "base/banned.h"

static const int statuses[] = {200, 201, 206, 303, 304, 400, 401, 403, 404, 405, 408, 409, 411, 413, 415, 417, 421, 422, 429, 431, 500, 501, 503, 505, 507,
    0}; /* 0: any other; whoever watches looks for 5.. */
#define STATUSES (sizeof statuses / sizeof *statuses)
static const double bounds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}; /* seconds */
#define BOUNDS (sizeof bounds / sizeof *bounds)

struct counted {
    _Atomic uint64_t status[STATUSES], within[BOUNDS + 1], nanos;
};
struct meter {
    size_t routes; /* and one for what fits none */
    struct counted *route;
    _Atomic uint64_t tries[WAYS][OUTCOMES];
};

struct meter *meter_new(void)
{
    struct meter *m = mem_alloc(1, sizeof *m);
    if (m && (m->routes = web_routes() + 1) && (m->route = mem_alloc(m->routes, sizeof *m->route)))
        return m;
    mem_free(m);
    return NULL;
}

void meter_free(struct meter *m)
{
    if (m)
        mem_free(m->route);
    mem_free(m);
}

void meter_count(struct meter *m, const struct web_told *t)
{
    struct counted *c = &m->route[t->route < m->routes ? t->route : m->routes - 1];
    size_t s = 0, b = 0;
    while (s < STATUSES - 1 && statuses[s] != t->status)
        s++;
    while (b < BOUNDS && (double)t->nanos > bounds[b] * 1e9)
        b++;
    atomic_fetch_add(&c->status[s], 1);
    atomic_fetch_add(&c->within[b], 1);
    atomic_fetch_add(&c->nanos, (uint64_t)t->nanos);
    if (t->tried.outcome != OUTCOME_NONE)
        atomic_fetch_add(&m->tries[t->tried.way][t->tried.outcome], 1);
}

static void write_statuses(const struct counted *c, const char *method, const char *pattern, struct buf *out)
{
    for (size_t s = 0; s < STATUSES; s++) {
        char status[16];
        uint64_t n = atomic_load(&c->status[s]);
        snprintf(status, sizeof status, statuses[s] ? "%d" : "other", statuses[s]);
        if (n)
            prom_int(out, "athar_http_requests_total", (const char *const[]){"method", method, "route", pattern, "status", status, NULL}, (int64_t)n);
    }
}

static void write_times(const struct counted *c, const char *method, const char *pattern, struct buf *out)
{
    uint64_t n = 0;
    for (size_t b = 0; b <= BOUNDS; b++) {
        char le[24];
        snprintf(le, sizeof le, b < BOUNDS ? "%g" : "+Inf", b < BOUNDS ? bounds[b] : 0);
        n += atomic_load(&c->within[b]);
        prom_int(out, "athar_http_request_seconds_bucket", (const char *const[]){"method", method, "route", pattern, "le", le, NULL}, (int64_t)n);
    }
    const char *const labels[] = {"method", method, "route", pattern, NULL};
    prom_real(out, "athar_http_request_seconds_sum", labels, (double)atomic_load(&c->nanos) / 1e9);
    prom_int(out, "athar_http_request_seconds_count", labels, (int64_t)n);
}

static void each(const struct meter *m, void (*write)(const struct counted *c, const char *method, const char *pattern, struct buf *out), struct buf *out)
{
    for (size_t i = 0; i < m->routes; i++)
        if (atomic_load(&m->route[i].nanos))
            write(&m->route[i], i + 1 < m->routes ? web_route_method(i) : "any", web_route_pattern(i), out);
}

static void write_tries(struct meter *m, struct buf *out)
{
    prom_family(out, "athar_sign_ins_total", "counter", "Tries to prove who somebody is, by way and outcome.");
    for (int w = WAY_NONE + 1; w < WAYS; w++)
        for (int o = OUTCOME_NONE + 1; o < OUTCOMES; o++) {
            uint64_t n = atomic_load(&m->tries[w][o]);
            const char *const labels[] = {"way", web_way_word((enum web_way)w), "outcome", web_outcome_word((enum web_outcome)o), NULL};
            if (n)
                prom_int(out, "athar_sign_ins_total", labels, (int64_t)n);
        }
}

void meter_write(struct meter *m, struct buf *out)
{
    write_tries(m, out);
    prom_family(out, "athar_http_requests_total", "counter", "Requests answered, by route and status.");
    each(m, write_statuses, out);
    prom_family(out, "athar_http_request_seconds", "histogram", "Time in the handler, the gate included.");
    each(m, write_times, out);
}
