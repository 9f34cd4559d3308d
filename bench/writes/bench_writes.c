/* Durable writes a second with so many in flight, one a connection: over HTTP, or as prepared single-row inserts of
 * PostgreSQL. bench_writes http HOST:PORT REQUEST CONNECTIONS SECONDS [FROM]   REQUEST: a file with the request, head
 * and body; "@N@" in its body becomes a number of eight digits, new for each request, "@L@" in its head the body's
 * length bench_writes pg CONNINFO BYTES CONNECTIONS SECONDS         rows like those of the log: position, id of 32
 * bytes, so many bytes, a time Prints one line of JSON. One thread and poll on this side: it takes part of the
 * processor from either server alike. */
#include "base/buf.h"
#include "base/file.h"
#include "base/time.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 1024
#define TIMES 4000000
#define ANSWER 65536

struct client {
    int fd;
    PGconn *db;
    char *out, in[ANSWER];
    size_t out_n, sent, in_n;
    int64_t begun;
};
struct run {
    struct client *client;
    struct pollfd *poll;
    int count;
    uint64_t stamp, next, done, failed;
    float *ms;
    const char *head, *body; /* HTTP */
    size_t bytes;            /* PostgreSQL */
    char *row;
    char first_failure[300];
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_writes: %s: %s\n", what, why);
    exit(1);
}

/* ---- HTTP ---- */
static void write_request(struct run *r, struct client *c)
{
    char number[24], length[24], fresh[48];
    size_t cap = strlen(r->head) + strlen(r->body) + 4096, n = 0, body_n = 0;
    c->out = realloc(c->out, cap);
    char *body = malloc(cap);
    if (!c->out || !body)
        die("memory", "");
    snprintf(fresh, sizeof fresh, "%016llx%016llx", (unsigned long long)r->stamp, (unsigned long long)r->next);
    snprintf(number, sizeof number, "%08llu", (unsigned long long)r->next++);
    for (const char *p = r->body; *p;) {
        bool mark = strncmp(p, "@N@", 3) == 0, key = strncmp(p, "@K@", 3) == 0;
        size_t put = mark ? 8 : key ? 32 : 1;
        if (mark)
            memcpy(body + body_n, number, 8);
        else if (key)
            memcpy(body + body_n, fresh, 32);
        else
            body[body_n] = *p;
        body_n += put;
        p += mark || key ? 3 : 1;
    }
    snprintf(length, sizeof length, "%zu", body_n);
    for (const char *p = r->head; *p;) {
        bool mark = strncmp(p, "@L@", 3) == 0;
        if (mark)
            memcpy(c->out + n, length, strlen(length));
        else
            c->out[n] = *p;
        n += mark ? strlen(length) : 1;
        p += mark ? 3 : 1;
    }
    memcpy(c->out + n, body, body_n);
    free(body);
    c->out_n = n + body_n;
    c->sent = c->in_n = 0;
}

/* The whole answer is there: its status, or 0. */
static int answered(const struct client *c)
{
    const char *end = memmem(c->in, c->in_n, "\r\n\r\n", 4), *at;
    if (!end)
        return 0;
    size_t length = 0;
    for (at = c->in; at < end; at++)
        if (strncasecmp(at, "\r\ncontent-length:", 17) == 0)
            length = strtoul(at + 17, NULL, 10);
    return c->in_n >= (size_t)(end + 4 - c->in) + length ? atoi(c->in + 9) : 0;
}

static void http_begin(struct run *r, struct client *c)
{
    write_request(r, c);
    c->begun = time_mono_ns();
    c->sent = (size_t)(c->out_n ? send(c->fd, c->out, c->out_n, MSG_NOSIGNAL) : 0);
    if (c->sent != c->out_n)
        die("send", "a request does not fit into the socket's buffer");
}

static bool http_ready(struct run *r, struct client *c)
{
    ssize_t n = recv(c->fd, c->in + c->in_n, sizeof c->in - c->in_n - 1, 0);
    if (n <= 0)
        die("recv", n ? strerror(errno) : "closed");
    c->in_n += (size_t)n;
    c->in[c->in_n] = 0;
    int status = answered(c);
    if (!status)
        return false;
    if (status < 200 || status > 299) {
        r->failed++;
        if (!*r->first_failure)
            snprintf(r->first_failure, sizeof r->first_failure, "%.280s", c->in);
    }
    return true;
}

static void http_open(struct run *r, const char *address, struct client *c)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    char host[64] = "";
    const char *colon = strchr(address, ':');
    snprintf(host, sizeof host, "%.*s", (int)(colon ? colon - address : 0), address);
    to.sin_port = htons((uint16_t)(colon ? atoi(colon + 1) : 0));
    int one = 1;
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1 || (c->fd = socket(AF_INET, SOCK_STREAM, 0)) < 0 ||
        connect(c->fd, (struct sockaddr *)&to, sizeof to))
        die(address, strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* ---- PostgreSQL ---- */
static void pg_open(struct run *r, const char *info, struct client *c)
{
    c->db = PQconnectdb(info);
    if (PQstatus(c->db) != CONNECTION_OK)
        die("PostgreSQL", PQerrorMessage(c->db));
    PGresult *res = PQprepare(c->db, "put", "INSERT INTO log (id, bytes, received) VALUES ($1, $2, $3)", 3, NULL);
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        die("PostgreSQL", PQerrorMessage(c->db));
    PQclear(res);
    c->fd = PQsocket(c->db);
}

static void pg_begin(struct run *r, struct client *c)
{
    uint64_t id[4] = {r->next * 0x9e3779b97f4a7c15u, r->next * 0xc2b2ae3d27d4eb4fu, r->next, 0},
             received = __builtin_bswap64(r->next);
    const char *value[3] = {(const char *)id, r->row, (const char *)&received};
    int length[3] = {sizeof id, (int)r->bytes, sizeof received}, format[3] = {1, 1, 1};
    r->next++;
    c->begun = time_mono_ns();
    if (!PQsendQueryPrepared(c->db, "put", 3, value, length, format, 1) || PQflush(c->db) < 0)
        die("PostgreSQL", PQerrorMessage(c->db));
}

static bool pg_ready(struct run *r, struct client *c)
{
    if (!PQconsumeInput(c->db))
        die("PostgreSQL", PQerrorMessage(c->db));
    if (PQisBusy(c->db))
        return false;
    for (PGresult *res = PQgetResult(c->db); res; res = PQgetResult(c->db)) {
        r->failed += PQresultStatus(res) != PGRES_COMMAND_OK;
        PQclear(res);
    }
    return true;
}

static void pg_make(const char *info)
{
    PGconn *db = PQconnectdb(info);
    PGresult *res = PQexec(db,
        "DROP TABLE IF EXISTS log; CREATE TABLE log (position bigserial PRIMARY KEY, id bytea UNIQUE NOT NULL, "
        "bytes bytea NOT NULL, received bigint NOT NULL)");
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        die("PostgreSQL", PQerrorMessage(db));
    PQclear(res);
    PQfinish(db);
}

/* ---- both ---- */
static int cmp(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

static void run(struct run *r, bool http, double seconds)
{
    int64_t begun = time_mono_ns(), end = begun + (int64_t)(seconds * 1e9);
    int flying = r->count;
    for (int i = 0; i < r->count; i++) {
        http ? http_begin(r, &r->client[i]) : pg_begin(r, &r->client[i]);
        r->poll[i] = (struct pollfd){r->client[i].fd, POLLIN, 0};
    }
    while (flying > 0) {
        if (poll(r->poll, (nfds_t)r->count, 30000) <= 0)
            die("poll", "no answer for 30 seconds");
        for (int i = 0; i < r->count; i++) {
            struct client *c = &r->client[i];
            if (!r->poll[i].revents || !(http ? http_ready(r, c) : pg_ready(r, c)))
                continue;
            int64_t now = time_mono_ns();
            if (r->done < TIMES)
                r->ms[r->done] = (float)((double)(now - c->begun) / 1e6);
            r->done++;
            if (now < end) {
                http ? http_begin(r, c) : pg_begin(r, c);
            } else {
                r->poll[i].fd = -1;
                flying--;
            }
        }
    }
    double took = (double)(time_mono_ns() - begun) / 1e9;
    uint64_t n = r->done < TIMES ? r->done : TIMES;
    qsort(r->ms, n, sizeof *r->ms, cmp);
    printf("{\"clients\":%d,\"seconds\":%.2f,\"writes\":%llu,\"failed\":%llu,\"per_second\":%.0f,\"median_ms\":%.2f,"
           "\"p99_ms\":%.2f}\n",
        r->count, took, (unsigned long long)r->done, (unsigned long long)r->failed,
        (double)(r->done - r->failed) / took, (double)r->ms[n / 2], (double)r->ms[n * 99 / 100]);
    if (r->failed)
        fprintf(stderr, "%s\n", r->first_failure);
}

static char *read_all(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, ANSWER);
    if (!f || !text)
        die(path, strerror(errno));
    text[fread(text, 1, ANSWER - 1, f)] = 0;
    fclose(f);
    return text;
}

int main(int argc, char **argv)
{
    if (argc < 6 || argc > 7) {
        fprintf(stderr, "usage: bench_writes http HOST:PORT REQUEST CONNECTIONS SECONDS [FROM] | pg CONNINFO BYTES "
                        "CONNECTIONS SECONDS\n");
        return 2;
    }
    bool http = strcmp(argv[1], "http") == 0;
    struct run r = {
        .count = atoi(argv[4]), .next = argc > 6 ? strtoull(argv[6], NULL, 10) : 1, .stamp = (uint64_t)time_mono_ns()};
    if (r.count < 1 || r.count > MOST)
        die("CONNECTIONS", "from 1 to 1024");
    r.client = calloc((size_t)r.count, sizeof *r.client);
    r.poll = calloc((size_t)r.count, sizeof *r.poll);
    r.ms = calloc(TIMES, sizeof *r.ms);
    if (http) {
        char *head = read_all(argv[3]), *body = strstr(head, "\n\n");
        if (!body)
            die(argv[3], "no empty line between head and body");
        r.body = strdup(body + 2);
        char *wire = calloc(1, 2 * ANSWER), *to = wire;
        for (char *p = head; p <= body; p++) {
            if (*p == '\n')
                *to++ = '\r';
            *to++ = *p;
        }
        memcpy(to, "\r\n", 3);
        r.head = wire;
    } else {
        r.bytes = strtoul(argv[3], NULL, 10);
        r.row = calloc(1, r.bytes + 1);
        memset(r.row, 'x', r.bytes);
        pg_make(argv[2]);
    }
    for (int i = 0; i < r.count; i++)
        http ? http_open(&r, argv[2], &r.client[i]) : pg_open(&r, argv[2], &r.client[i]);
    run(&r, http, atof(argv[5]));
    return r.failed > 0;
}
