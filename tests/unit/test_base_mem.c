/* Arena, buffer and long-lived memory: bounds, contents, and what happens when the n-th request for memory fails. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

static bool all_zero(const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((const uint8_t *)p)[i])
            return false;
    return true;
}

/* ---- arena ---- */

static void test_arena_zeroed_aligned_apart(void **state)
{
    struct arena a;
    uint8_t *kept[500];
    size_t size[500];
    arena_init(&a, 64u << 20);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 500; i++) {
            size[i] = i * i % 7001;
            kept[i] = arena_alloc(&a, size[i]);
            assert_non_null(kept[i]);
            assert_int_equal((uintptr_t)kept[i] % 16, 0);
            assert_true(all_zero(kept[i], size[i]));
            memset(kept[i], (int)i + 1, size[i]);
        }
        for (size_t i = 0; i < 500; i++)
            for (size_t k = 0; k < size[i]; k++)
                assert_int_equal(kept[i][k], (uint8_t)(i + 1));
        arena_reset(&a);
    }
    arena_free(&a);
}

static void test_arena_maximum(void **state)
{
    struct arena a;
    arena_init(&a, 1000);
    assert_null(arena_alloc(&a, 1001));
    volatile size_t most = SIZE_MAX; /* not seen by the compiler, which would warn */
    assert_null(arena_alloc(&a, most));
    assert_null(arena_alloc(&a, most - 8));
    assert_null(arena_array(&a, SIZE_MAX / 2, 3));
    assert_non_null(arena_alloc(&a, 500));
    assert_null(arena_alloc(&a, 500)); /* 512 are used */
    assert_non_null(arena_alloc(&a, 480));
    assert_null(arena_alloc(&a, 0));
    assert_null(arena_copy(&a, SLICE("x")).p);
    assert_null(arena_printf(&a, "%d", 1));
    arena_reset(&a);
    assert_non_null(arena_alloc(&a, 900));
    arena_free(&a);
    arena_free(&a);
}

static void test_arena_text(void **state)
{
    struct arena a;
    arena_init(&a, 1u << 20);
    struct slice s = arena_copy(&a, SLICE("abc"));
    assert_int_equal(s.n, 3);
    assert_string_equal(s.p, "abc");
    assert_non_null(arena_copy(&a, slice_of(NULL, 0)).p);
    assert_string_equal(arena_printf(&a, "%s-%05d", "x", 42), "x-00042");
    arena_free(&a);
}

/* ---- buffer ---- */

static void test_buf_writes(void **state)
{
    struct buf b;
    buf_init(&b, 1000);
    assert_int_equal(buf_view(&b).n, 0);
    buf_u16(&b, 0x0102);
    buf_u32(&b, 0x03040506);
    buf_u64(&b, UINT64_C(0x0708090A0B0C0D0E));
    assert_memory_equal(b.p, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16", 15);
    buf_reset(&b);
    buf_hex(&b, (const uint8_t *)"\xAB\xCD", 2);
    buf_byte(&b, '|');
    buf_dec(&b, INT64_MIN);
    buf_byte(&b, '|');
    buf_dec(&b, 0);
    buf_byte(&b, '|');
    buf_dec(&b, INT64_MAX);
    buf_str(&b, "|");
    buf_slice(&b, SLICE("xy"));
    buf_printf(&b, "%s%d", "=", 7);
    assert_string_equal(b.p, "abcd|-9223372036854775808|0|9223372036854775807|xy=7");
    assert_int_equal(b.err, OK);
    buf_free(&b);
    assert_null(b.p);
}

/* In lent room as long as it fits, then in memory of its own; the maximum is the same. */
static void test_buf_on(void **state)
{
    char room[8];
    for (size_t size = 1; size <= sizeof room; size++)
        for (size_t n = 0; n < 30; n++) {
            struct buf b;
            memset(room, '!', sizeof room);
            buf_on(&b, room, size, 20);
            for (size_t i = 0; i < n; i++)
                buf_byte(&b, (uint8_t)('a' + i));
            assert_int_equal(b.err, n <= 20 ? OK : ERR_TOO_LONG);
            assert_int_equal(b.n, n <= 20 ? n : 20);
            assert_int_equal(strncmp(b.p, "abcdefghijklmnopqrst", b.n), 0);
            assert_int_equal(b.p[b.n], 0);
            assert_int_equal(b.p == room, b.n < size);
            for (size_t i = size; i < sizeof room; i++)
                assert_int_equal(room[i], '!');
            buf_free(&b);
            assert_null(b.p);
        }
}

/* Exactly the maximum fits; one more is refused, changes nothing and sticks. */
static void test_buf_maximum(void **state)
{
    struct buf b;
    buf_init(&b, 100);
    for (int i = 0; i < 100; i++)
        buf_byte(&b, 'x');
    assert_int_equal(b.err, OK);
    buf_add(&b, "", 0);
    assert_int_equal(b.err, OK);
    buf_byte(&b, 'y');
    assert_int_equal(b.err, ERR_TOO_LONG);
    assert_int_equal(b.n, 100);
    assert_null(buf_room(&b, 0));
    buf_reset(&b);
    assert_non_null(buf_room(&b, 100));
    assert_null(buf_room(&b, SIZE_MAX));
    assert_int_equal(b.err, ERR_TOO_LONG);
    buf_free(&b);
    buf_init(&b, 0);
    buf_byte(&b, 'x');
    assert_int_equal(b.err, ERR_TOO_LONG);
    buf_free(&b);
}

/* ---- long-lived ---- */

static void test_mem(void **state)
{
    uint64_t *p = mem_alloc(3, sizeof *p), *before;
    size_t cap = 3;
    assert_true(all_zero(p, 3 * sizeof *p));
    p[2] = 7;
    assert_true(mem_grow(&p, &cap, 4, 100, sizeof *p));
    assert_int_equal(cap, 6);
    assert_int_equal(p[2], 7);
    assert_true(all_zero(p + 3, 3 * sizeof *p));
    assert_true(mem_grow(&p, &cap, 99, 100, sizeof *p));
    assert_true(cap >= 99 && cap <= 100);
    before = p;
    assert_false(mem_grow(&p, &cap, 101, 100, sizeof *p));
    assert_false(mem_grow(&p, &cap, SIZE_MAX / 4, SIZE_MAX, sizeof *p));
    assert_ptr_equal(p, before);
    mem_free(p);
    mem_free(NULL);
    assert_null(mem_alloc(SIZE_MAX / 2, 3));
    p = mem_alloc(0, 8);
    assert_non_null(p);
    mem_free(p);
}

/* ---- the n-th request fails ---- */

/* Uses everything; true when nothing was refused. Whatever is refused must be said, and nothing may leak or break. */
static bool scenario(void)
{
    struct arena a;
    struct buf b;
    size_t cap = 0;
    uint32_t *grown = NULL;
    bool ok = true;
    arena_init(&a, 1u << 20);
    buf_init(&b, 1u << 20);
    for (size_t i = 0; i < 40; i++) {
        char *text = arena_printf(&a, "%0*zu", (int)(i * 100), i);
        ok &= text && arena_alloc(&a, 3000 * (i % 5));
        buf_str(&b, text ? text : "lost");
        size_t had = cap;
        if (!mem_grow(&grown, &cap, i * 3, 1000, sizeof *grown))
            ok = false, assert_int_equal(cap, had);
        else if (cap)
            memset(grown, 1, cap * sizeof *grown);
    }
    struct hash_stream *s = hash_begin();
    ok &= s != NULL;
    hash_drop(s);
    assert_true(b.err == OK || b.err == ERR_MEMORY);
    assert_true(b.n == 0 || strlen(b.p) == b.n);
    ok &= b.err == OK;
    arena_free(&a);
    buf_free(&b);
    mem_free(grown);
    return ok;
}

static void test_each_request_fails(void **state)
{
    mem_test_fail_at(0);
    assert_true(scenario());
    uint64_t requests = mem_test_requests();
    assert_true(requests > 20);
    for (uint64_t n = 1; n <= requests; n++) {
        mem_test_fail_at(n);
        assert_false(scenario());
    }
    mem_test_fail_at(requests + 1);
    assert_true(scenario());
    mem_test_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_zeroed_aligned_apart),
        cmocka_unit_test(test_arena_maximum),
        cmocka_unit_test(test_arena_text),
        cmocka_unit_test(test_buf_writes), cmocka_unit_test(test_buf_on),
        cmocka_unit_test(test_buf_maximum),
        cmocka_unit_test(test_mem),
        cmocka_unit_test(test_each_request_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
