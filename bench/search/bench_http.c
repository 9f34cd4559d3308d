/* Search over HTTP: one kept-open connection to `athar serve`, one request at a time, end to end.
 * usage: bench_http PORT QUERIES.tsv OUT.json [LIMIT]   (loopback; LIMIT 50) */
#include "register.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define REPLY_MAX ((size_t)8 << 20)

struct client {
    int fd;
    char *reply;
};

static int connect_to(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a))
        reg_die("cannot connect", "to the server");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void escaped(const char *s, char *out)
{
    for (; *s; s++)
        out += sprintf(out, "%%%02X", (unsigned char)*s);
    *out = 0;
}

/* Reads one reply whole; returns its size. */
static size_t read_reply(struct client *c)
{
    size_t n = 0, want = SIZE_MAX;
    while (n < want) {
        ssize_t got = recv(c->fd, c->reply + n, REPLY_MAX - n - 1, 0);
        if (got <= 0)
            reg_die("the server closed the connection", "");
        n += (size_t)got;
        c->reply[n] = 0;
        char *body = want == SIZE_MAX ? strstr(c->reply, "\r\n\r\n") : NULL;
        if (!body)
            continue;
        char *length = strcasestr(c->reply, "\r\nContent-Length:");
        if (!length || length > body || strncmp(c->reply, "HTTP/1.1 200", 12) != 0)
            reg_die("unexpected reply", c->reply);
        want = (size_t)(body + 4 - c->reply) + strtoull(length + 17, NULL, 10);
    }
    return n;
}

static double ask(struct client *c, const char *pattern, int limit, size_t *out_bytes)
{
    char request[1024], text[512];
    escaped(pattern, text);
    int n = snprintf(request, sizeof request, "GET /api/v1/search?pattern=%s&limit=%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", text, limit);
    int64_t start = time_mono_ns();
    if (send(c->fd, request, (size_t)n, 0) != n)
        reg_die("cannot send", "");
    *out_bytes = read_reply(c);
    return (double)(time_mono_ns() - start) / 1e3;
}

static void run_class(struct client *c, FILE *out, const struct reg_query *q, size_t count, enum reg_class cls, int limit)
{
    static double us[REG_QUERIES];
    size_t n = 0, bytes = 0, total = 0;
    for (int pass = 0; pass < 2; pass++) {
        n = total = 0;
        for (size_t i = 0; i < count; i++) {
            if (q[i].cls != cls)
                continue;
            us[n++] = ask(c, q[i].pattern, limit, &bytes);
            total += bytes;
        }
    }
    if (n == 0)
        return;
    double p99 = reg_quantile(us, n, 0.99), median = reg_quantile(us, n, 0.5);
    fprintf(out, "{\"class\":\"%s\",\"limit\":%d,\"n\":%zu,\"median_us\":%.1f,\"p99_us\":%.1f,\"bytes\":%zu},\n", reg_class_name[cls], limit, n, median,
        p99, total / n);
    fprintf(stderr, "  %-16s limit %2d  median %9.1f us  p99 %9.1f us  %zu bytes\n", reg_class_name[cls], limit, median, p99, total / n);
}

int main(int argc, char **argv)
{
    static struct reg_query queries[REG_QUERIES];
    if (argc < 4)
        reg_die("usage: bench_http PORT QUERIES.tsv OUT.json [LIMIT]", "");
    size_t n = reg_queries(argv[2], queries, REG_QUERIES);
    FILE *out = fopen(argv[3], "w");
    struct client c = {connect_to((int)strtol(argv[1], NULL, 10)), malloc(REPLY_MAX)};
    if (!out || !c.reply)
        reg_die("cannot write", argv[3]);
    fprintf(out, "{\"classes\":[\n");
    for (int cls = 0; cls < Q_CLASSES; cls++)
        run_class(&c, out, queries, n, (enum reg_class)cls, argc > 4 ? (int)strtol(argv[4], NULL, 10) : 50);
    fprintf(out, "{}]}\n");
    fclose(out);
    free(c.reply);
    return 0;
}
