#include "web/listen.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/banned.h"

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un file;
};

static bool loopback(const union address *a)
{
    return a->any.sa_family == AF_UNIX || (a->any.sa_family == AF_INET && ntohl(a->v4.sin_addr.s_addr) >> 24 == 127) ||
        (a->any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr));
}

static bool read_host(struct slice host, uint16_t port, union address *out)
{
    char z[64];
    bool six = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    if (six)
        host = slice_of(host.p + 1, host.n - 2);
    if (!host.n || host.n >= sizeof z)
        return false;
    memcpy(z, host.p, host.n);
    z[host.n] = 0;
    if (six) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        return inet_pton(AF_INET6, z, &out->v6.sin6_addr) == 1;
    }
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons(port);
    return inet_pton(AF_INET, strcmp(z, "localhost") == 0 ? "127.0.0.1" : z, &out->v4.sin_addr) == 1;
}

static bool read_address(struct slice listen, union address *out)
{
    size_t colon = listen.n;
    uint64_t port;
    memset(out, 0, sizeof *out);
    if (slice_starts(listen, "unix:")) {
        struct slice path = slice_of(listen.p + 5, listen.n - 5);
        out->file.sun_family = AF_UNIX;
        if (!path.n || path.n >= sizeof out->file.sun_path)
            return false;
        memcpy(out->file.sun_path, path.p, path.n);
        return true;
    }
    while (colon > 0 && listen.p[colon - 1] != ':')
        colon--;
    return colon > 1 && slice_u64(slice_of(listen.p + colon, listen.n - colon), 65535, &port) &&
        read_host(slice_of(listen.p, colon - 1), (uint16_t)port, out);
}

bool listen_beyond(struct slice listen)
{
    union address a;
    return read_address(listen, &a) && !loopback(&a);
}

static socklen_t size_of(const union address *a)
{
    return a->any.sa_family == AF_UNIX ? sizeof a->file : a->any.sa_family == AF_INET6 ? sizeof a->v6 : sizeof a->v4;
}

/* A file left by a server that is no more. */
static void clear_path(const union address *a)
{
    struct stat st;
    if (a->any.sa_family != AF_UNIX || lstat(a->file.sun_path, &st) || !S_ISSOCK(st.st_mode))
        return;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, &a->any, sizeof a->file) && errno == ECONNREFUSED)
        unlink(a->file.sun_path);
    if (fd >= 0)
        close(fd);
}

static bool bind_and_listen(int fd, const union address *a)
{
    int on = 1;
    if (a->any.sa_family != AF_UNIX && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
        return false;
    if (a->any.sa_family == AF_UNIX && fchmod(fd, 0660)) /* the file takes the mode of the socket, less the mask */
        return false;
    return bind(fd, &a->any, size_of(a)) == 0 && listen(fd, SOMAXCONN) == 0;
}

enum err listen_open(struct slice listen, struct listening *out, struct fault *f)
{
    union address a;
    socklen_t n = sizeof a;
    *out = (struct listening){.fd = -1};
    if (!read_address(listen, &a))
        return fault_set(f, ERR_FORMAT, "--listen", listen, "want.listen");
    clear_path(&a);
    out->fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool well = out->fd >= 0 && bind_and_listen(out->fd, &a);
    int why = errno;
    if (well && a.any.sa_family == AF_UNIX) {
        out->file = true;
        memcpy(out->path, a.file.sun_path, sizeof out->path);
    } else if (well && getsockname(out->fd, &a.any, &n) == 0) {
        out->port = ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
    }
    out->loopback = loopback(&a);
    if (well)
        return OK;
    listen_close(out);
    return why == EADDRINUSE ? fault_set(f, ERR_BUSY, "--listen", listen, "want.free_port") : fault_sys(f, why, "--listen");
}

void listen_close(struct listening *l)
{
    if (l->file)
        unlink(l->path);
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    l->file = false;
}
