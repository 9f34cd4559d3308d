/* Heads of requests as the library leaves them, and what a proxy says in them. First bytes: where address and version begin. */
#include <stdlib.h>
#include "web/head.h"
#include "web/via.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct head h;
    struct via v;
    struct via_address a;
    char text[VIA_ADDRESS];
    int status;
    if (n < 3)
        return 0;
    size_t address = data[0], address_n = data[1], version = data[2];
    if (address > n - 3 || version > n - 3)
        return 0;
    if (via_read(SLICE("192.0.2.1,2001:db8::1"), SLICE("register.example"), &v, NULL))
        abort();
    if (head_read((const char *)data + 3, n - 3, address, address_n, version, &h, &status))
        return 0;
    if (!head_get(&h, "Host").n || head_get(&h, "Transfer-Encoding").p)
        abort(); /* what must never pass */
    struct slice cookie = head_cookie(&h, "athar");
    if (cookie.n && memchr(cookie.p, ';', cookie.n))
        abort();
    via_own_host(&v, head_get(&h, "Host"), true);
    if (!via_forwarded(&v, &h, &a)) {
        via_text(&a, text);
        if (!*text || via_is_proxy(&v, &a))
            abort();
    }
    return 0;
}
