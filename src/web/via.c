#include "web/via.h"
#include <arpa/inet.h>
#include <strings.h>
#include "base/banned.h"

static struct slice take(struct slice *rest, char c)
{
    const char *p = rest->n ? memchr(rest->p, c, rest->n) : NULL;
    struct slice part = slice_of(rest->p, p ? (size_t)(p - rest->p) : rest->n);
    *rest = p ? slice_of(p + 1, rest->n - part.n - 1) : slice_of(NULL, 0);
    return slice_trim(part);
}

static bool same(struct slice a, const char *z)
{
    return a.n == strlen(z) && strncasecmp(a.p, z, a.n) == 0;
}

/* ---- settings ---- */

bool via_address(struct slice text, struct via_address *out)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char z[VIA_ADDRESS];
    if (!text.n || text.n >= sizeof z || memchr(text.p, 0, text.n))
        return false;
    memcpy(z, text.p, text.n);
    z[text.n] = 0;
    memcpy(out->b, mapped, sizeof mapped);
    return inet_pton(AF_INET, z, out->b + 12) == 1 || inet_pton(AF_INET6, z, out->b) == 1;
}

void via_text(const struct via_address *a, char out[VIA_ADDRESS])
{
    bool four = IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)(const void *)a->b);
    if (!inet_ntop(four ? AF_INET : AF_INET6, four ? a->b + 12 : a->b, out, VIA_ADDRESS))
        out[0] = 0;
}

static enum err read_proxies(struct slice list, struct via *out, struct fault *f)
{
    while (list.n) {
        struct slice one = take(&list, ',');
        if (slice_is(one, "unix"))
            out->socket = true;
        else if (out->proxy_count == VIA_PROXIES)
            return fault_set(f, ERR_TOO_LONG, "--trusted-proxy", one, "want.trusted_proxy");
        else if (!via_address(one, &out->proxy[out->proxy_count++]))
            return fault_set(f, ERR_FORMAT, "--trusted-proxy", one, "want.trusted_proxy");
    }
    return OK;
}

static bool host_name(struct slice s)
{
    bool well = s.n > 0 && s.n <= 253;
    for (size_t i = 0; i < s.n && well; i++)
        well = (s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-' || s.p[i] == '.';
    return well;
}

enum err via_read(struct slice proxies, struct slice names, struct via *out, struct fault *f)
{
    *out = (struct via){0};
    enum err e = read_proxies(proxies, out, f);
    while (!e && names.n) {
        struct slice one = take(&names, ',');
        if (out->name_count == VIA_NAMES || !host_name(one))
            return fault_set(f, ERR_FORMAT, "--name", one, "want.host_name");
        out->name[out->name_count++] = one;
    }
    return e;
}

bool via_is_proxy(const struct via *v, const struct via_address *a)
{
    for (size_t i = 0; i < v->proxy_count; i++)
        if (memcmp(v->proxy[i].b, a->b, sizeof a->b) == 0)
            return true;
    return false;
}

bool via_own_host(const struct via *v, struct slice host, bool local)
{
    static const char *const loopback[] = {"localhost", "127.0.0.1", "[::1]"};
    size_t end = host.n;
    while (end > 0 && host.p[end - 1] >= '0' && host.p[end - 1] <= '9')
        end--;
    if (end > 0 && host.p[end - 1] == ':' && end < host.n)
        host.n = end - 1;
    for (size_t i = 0; i < v->name_count; i++)
        if (host.n == v->name[i].n && strncasecmp(host.p, v->name[i].p, host.n) == 0)
            return true;
    for (size_t i = 0; local && i < sizeof loopback / sizeof *loopback; i++)
        if (same(host, loopback[i]))
            return true;
    return false;
}

/* ---- what a proxy says ---- */

/* An address as lists have it: bare, or with a port, or in brackets. */
static bool listed_address(struct slice s, struct via_address *out)
{
    if (s.n && s.p[0] == '[') {
        const char *close = memchr(s.p, ']', s.n);
        return close && via_address(slice_of(s.p + 1, (size_t)(close - s.p) - 1), out);
    }
    const char *colon = s.n ? memchr(s.p, ':', s.n) : NULL;
    bool port = colon && !memchr(colon + 1, ':', s.n - (size_t)(colon + 1 - s.p));
    return via_address(port ? slice_of(s.p, (size_t)(colon - s.p)) : s, out);
}

static struct slice unquote(struct slice s)
{
    return s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"' ? slice_of(s.p + 1, s.n - 2) : s;
}

/* One element of Forwarded: for= and proto=. false when there is no address in it. */
static bool read_element(struct slice element, struct via_address *out, bool *https)
{
    bool found = false;
    *https = false;
    while (element.n) {
        struct slice value = take(&element, ';'), name = take(&value, '=');
        value = unquote(slice_trim(value));
        if (same(name, "for"))
            found = listed_address(value, out);
        else if (same(name, "proto"))
            *https = same(value, "https");
    }
    return found;
}

/* Both lists are read to their end: the last address that is no proxy is kept; one that cannot be read hides those before it. */
static bool last_stranger(const struct via *v, struct slice list, bool rfc7239, struct via_address *out, bool *https)
{
    bool found = false;
    while (list.n) {
        struct via_address a;
        bool secure = false, well = rfc7239 ? read_element(take(&list, ','), &a, &secure) : listed_address(take(&list, ','), &a);
        if (well && via_is_proxy(v, &a))
            continue;
        found = well;
        if (well)
            *out = a;
        *https = secure;
    }
    return found;
}

const char *via_forwarded(const struct via *v, const struct head *h, struct via_address *out)
{
    struct slice old = head_get(h, "X-Forwarded-For"), new = head_get(h, "Forwarded"), proto = head_get(h, "X-Forwarded-Proto");
    bool https = false;
    if (old.n && new.n)
        return "the proxy says twice where this came from";
    if (!last_stranger(v, new.n ? new : old, new.n > 0, out, &https))
        return "the proxy does not say where this came from";
    if (proto.n)
        https = same(proto, "https") && (https || !new.n);
    return https ? NULL : "the proxy does not say that this came encrypted";
}
