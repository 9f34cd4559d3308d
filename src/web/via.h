/* By which way a request came: the proxies that may speak for others, and the names that this server answers to. A proxy is believed only when it is
 * named (address for address; "unix" for who may open the socket file); what others send in forwarding headers is not looked at.
 *
 * From a proxy every request says where it came from (X-Forwarded-For, or Forwarded, RFC 7239; not both) and that its way there was encrypted
 * (X-Forwarded-Proto, or proto= of Forwarded): else it is refused. Of a list of addresses the last counts that is no named proxy: what stands left
 * of it the client may have written. Pure. Fuzzed by tests/fuzz/fuzz_via.c. */
#ifndef WEB_VIA_H
#define WEB_VIA_H
#include "base/err.h"
#include "web/head.h"

#define VIA_PROXIES 16
#define VIA_NAMES 16
#define VIA_ADDRESS 64 /* bytes of a numeric address as text */

struct via_address {
    uint8_t b[16]; /* IPv4 as ::ffff:a.b.c.d */
};
struct via {
    bool socket;  /* whoever opens the socket file is a proxy */
    size_t proxy_count, name_count;
    struct via_address proxy[VIA_PROXIES];
    struct slice name[VIA_NAMES];
};
/* Comma lists as given to --trusted-proxy and --name; the latter's texts are borrowed. ERR_FORMAT, ERR_TOO_LONG. */
enum err via_read(struct slice proxies, struct slice names, struct via *out, struct fault *f);
/* Numeric IPv4 or IPv6, no port, no brackets. */
bool via_address(struct slice text, struct via_address *out);
void via_text(const struct via_address *a, char out[VIA_ADDRESS]);
bool via_is_proxy(const struct via *v, const struct via_address *a);
/* Is the value of Host a name of this server (with or without port), or, where `local`, of this computer? */
bool via_own_host(const struct via *v, struct slice host, bool local);
/* What a proxy says of a request: whom it came from. NULL when well; else why it is refused. */
const char *via_forwarded(const struct via *v, const struct head *h, struct via_address *out);
#endif
