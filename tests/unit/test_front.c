/* The door's judgement without a server: heads (RFC 9112, RFC 9110), proxies (RFC 7239), pace and patience. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "web/head.h"
#include "web/pace.h"
#include "web/patience.h"
#include "web/via.h"

/* A head as the library leaves it: zeros for the blanks of the first line, for the first colon of a line and for ends of line. */
struct left {
    char raw[4096];
    size_t n, address, address_n, version;
};

static void leave(const char *text, size_t n, struct left *out)
{
    bool first = true, named = false;
    *out = (struct left){.n = n};
    memcpy(out->raw, text, n);
    for (size_t i = 0; i < n; i++) {
        char *c = &out->raw[i];
        if (*c == '\n' || (*c == '\r' && i + 1 < n && c[1] == '\n')) {
            if (first && out->address)
                out->address_n = out->version - out->address - 1;
            first = named = first && !out->address;
            *c = 0;
        } else if (first && *c == ' ' && (!out->address || out->raw[i + 1] == 'H')) {
            *(out->address ? &out->version : &out->address) = i + 1 + strspn(text + i + 1, " ");
            *c = 0;
        } else if (!first && !named && *c == ':') {
            named = true;
            *c = 0;
        }
    }
}

static int status_of(const char *text, struct head *h)
{
    struct left l;
    int status = 0;
    leave(text, strlen(text), &l);
    return head_read(l.raw, l.n, l.address, l.address_n, l.version, h, &status) ? status : 200;
}

#define HOST "Host: a.example\r\n"

static void test_heads(void **state)
{
    static const struct {
        const char *text;
        int status;
    } rows[] = {
        {"GET / HTTP/1.1\r\n" HOST "\r\n", 200}, {"GET / HTTP/1.0\r\n" HOST "\r\n", 200}, {"POST /x HTTP/1.1\r\nHost:a\r\nContent-Length:  5\t\r\n\r\n", 200},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: \xc3\xa9\r\n\r\n", 200}, {"GET / HTTP/1.1\n" HOST "\r\n", 400}, {"GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST "\n", 400}, {"GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", 400}, {"GET / HTTP/1.1\r\n" HOST "X : a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", 400}, {"GET / HTTP/1.1\r\n" HOST "X: \x7f\r\n\r\n", 400}, {"GET / HTTP/2.0\r\n" HOST "\r\n", 400},
        {"G@T / HTTP/1.1\r\n" HOST "\r\n", 400}, {"GET  / HTTP/1.1\r\n" HOST "\r\n", 400}, {"GET / HTTP/1.1 \r\n" HOST "\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400}, {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400}, {"GET / HTTP/1.1\r\n" HOST "host: b\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400}, {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content_Length: 1\r\n\r\n", 400}, {"POST / HTTP/1.1\r\n" HOST "X_Forwarded-For: b\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "x_y: b\r\n\r\n", 200}, {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 411},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400}, {"GET / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 200}, {"POST / HTTP/1.1\r\n" HOST "Content-Encoding: gzip\r\n\r\n", 415},
        {"POST / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\n\r\n", 200}, {"POST / HTTP/1.1\r\n" HOST "Expect: x\r\n\r\n", 417}};
    struct head h;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (status_of(rows[i].text, &h) != rows[i].status)
            fail_msg("%s: %d, not %d", rows[i].text, status_of(rows[i].text, &h), rows[i].status);
    assert_int_equal(status_of(rows[2].text, &h), 200);
    assert_int_equal(h.body, 5);
    assert_true(slice_is(head_get(&h, "hOST"), "a"));
    assert_null(head_get(&h, "Cookie").p);
}

static void test_cookies(void **state)
{
    struct head h;
    assert_int_equal(status_of("GET / HTTP/1.1\r\n" HOST "Cookie: a=1;athar=x=y ; b=\r\n\r\n", &h), 200);
    assert_true(slice_is(head_cookie(&h, "athar"), "x=y") && slice_is(head_cookie(&h, "a"), "1"));
    assert_null(head_cookie(&h, "tha").p);
    assert_int_equal(status_of("GET / HTTP/1.1\r\n" HOST "Cookie: athar=1; athar=2\r\n\r\n", &h), 200);
    assert_null(head_cookie(&h, "athar").p); /* one of them was planted */
}

static void test_zeros_that_were_sent(void **state)
{
    static const char in_value[] = "GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n", as_end[] = "GET / HTTP/1.1\r\n" HOST "X: a\0\0Y: b\r\n\r\n",
                      in_name[] = "GET / HTTP/1.1\r\n" HOST "X\0Y: b\r\n\r\n";
    const struct slice texts[] = {SLICE(in_value), SLICE(as_end), SLICE(in_name)};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct left l;
        struct head h;
        int status;
        leave(texts[i].p, texts[i].n, &l);
        assert_non_null(head_read(l.raw, l.n, l.address, l.address_n, l.version, &h, &status));
    }
}

static const char *from(const struct via *v, const char *fields, char out[VIA_ADDRESS])
{
    char text[1000];
    struct head h;
    struct via_address a;
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\n" HOST "%s\r\n", fields);
    assert_int_equal(status_of(text, &h), 200);
    const char *why = via_forwarded(v, &h, &a);
    if (!why)
        via_text(&a, out);
    return why;
}

#define HTTPS "X-Forwarded-Proto: https\r\n"

static void test_proxies(void **state)
{
    static const struct {
        const char *fields, *source; /* NULL: refused */
    } rows[] = {
        {"X-Forwarded-For: 203.0.113.9\r\n" HTTPS, "203.0.113.9"}, {"X-Forwarded-For: 203.0.113.9\r\n", NULL}, {HTTPS, NULL}, {"", NULL},
        {"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: http\r\n", NULL}, {"X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n" HTTPS, "203.0.113.9"},
        {"X-Forwarded-For: 203.0.113.9, 192.0.2.1\r\n" HTTPS, "203.0.113.9"}, {"X-Forwarded-For: 192.0.2.1\r\n" HTTPS, NULL},
        {"X-Forwarded-For: 203.0.113.9, unknown\r\n" HTTPS, NULL}, {"X-Forwarded-For: unknown, 203.0.113.9\r\n" HTTPS, "203.0.113.9"},
        {"X-Forwarded-For: 203.0.113.9:4711\r\n" HTTPS, "203.0.113.9"}, {"X-Forwarded-For: [2001:db8::1]:4711\r\n" HTTPS, "2001:db8::1"},
        {"X-Forwarded-For: 2001:db8::2\r\n" HTTPS, "2001:db8::2"}, {"X-Forwarded-For: ::ffff:203.0.113.9\r\n" HTTPS, "203.0.113.9"},
        /* RFC 7239, 4 */
        {"Forwarded: For=\"[2001:db8:cafe::17]:4711\";proto=https\r\n", "2001:db8:cafe::17"}, {"Forwarded: for=192.0.2.60;proto=http;by=203.0.113.43\r\n", NULL},
        {"Forwarded: for=192.0.2.43;proto=https, for=198.51.100.17;proto=https\r\n", "198.51.100.17"}, {"Forwarded: for=\"_gazonk\";proto=https\r\n", NULL},
        {"Forwarded: for=198.51.100.17;proto=https\r\nX-Forwarded-For: 203.0.113.9\r\n" HTTPS, NULL}};
    struct via v;
    char got[VIA_ADDRESS];
    assert_int_equal(via_read(SLICE("192.0.2.1, unix"), SLICE("register.example,r2.example"), &v, NULL), OK);
    assert_true(v.socket);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *why = from(&v, rows[i].fields, got);
        if (!rows[i].source != !!why || (!why && strcmp(got, rows[i].source) != 0))
            fail_msg("%s: %s", rows[i].fields, why ? why : got);
    }
    assert_true(via_own_host(&v, SLICE("Register.example:8443"), false) && via_own_host(&v, SLICE("r2.example"), false));
    assert_false(via_own_host(&v, SLICE("register.example.evil"), false) || via_own_host(&v, SLICE("localhost"), false) || via_own_host(&v, SLICE("register.example:x"), false));
    assert_true(via_own_host(&v, SLICE("localhost:1"), true) && via_own_host(&v, SLICE("[::1]:1"), true));
    assert_int_equal(via_read(SLICE("10.0.0.0/8"), SLICE("a"), &v, NULL), ERR_FORMAT);
    assert_int_equal(via_read(SLICE(""), SLICE("a b"), &v, NULL), ERR_FORMAT);
}

static void test_pace(void **state)
{
    struct pace *p = pace_new();
    struct via_address fast, other, six, neighbour;
    int went = 0;
    assert_true(via_address(SLICE("203.0.113.9"), &fast) && via_address(SLICE("203.0.113.10"), &other) && via_address(SLICE("2001:db8::1"), &six) &&
                via_address(SLICE("2001:db8::ffff"), &neighbour));
    for (int i = 0; i < 2000; i++)
        went += pace_take(p, &fast, 1000) == 0;
    assert_int_equal(went, PACE_BURST);
    assert_int_equal(pace_take(p, &other, 1000), 0);
    went = 0;
    for (int i = 0; i < 2000; i++) /* ten seconds of it */
        went += pace_take(p, &fast, 1000 + i * 5) == 0;
    assert_in_range(went, 10 * PACE_RATE - 2, 10 * PACE_RATE + 1);
    for (int i = 0; i < PACE_BURST; i++)
        assert_int_equal(pace_take(p, &six, 5000), 0);
    assert_int_not_equal(pace_take(p, &neighbour, 5000), 0); /* a network of 64 bits is one client */
    pace_free(p);
}

/* A socket that gives its request in time is left alone; one that does not is ended. */
static void test_patience(void **state)
{
    struct patience *p;
    int slow[2], quick[2];
    char byte;
    assert_int_equal(patience_start(1, 300, &p, NULL), OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, slow) | socketpair(AF_UNIX, SOCK_STREAM, 0, quick), 0);
    struct wait *w = patience_begin(p, slow[0]), *q = patience_begin(p, quick[0]);
    patience_now(p, q, WAIT_OURSELVES);
    assert_int_equal(read(slow[1], &byte, 1), 0); /* comes back because it was shut down */
    assert_int_equal(recv(quick[1], &byte, 1, MSG_DONTWAIT), -1);
    patience_end(p, w);
    patience_end(p, q);
    patience_stop(p);
    for (int i = 0; i < 2; i++) {
        close(slow[i]);
        close(quick[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_heads), cmocka_unit_test(test_cookies), cmocka_unit_test(test_zeros_that_were_sent), cmocka_unit_test(test_proxies),
        cmocka_unit_test(test_pace), cmocka_unit_test(test_patience)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
