/* Records: encode and parse, what is refused, what the seal binds, the worked bytes of docs/formats/record.md. */
#include "domain/record.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const uint8_t key_a[SEAL_KEY] = {1, 2, 3}, key_b[SEAL_KEY] = {4, 5, 6};

static struct when day(const char *text)
{
    struct when w;
    assert_int_equal(when_parse(slice_str(text), "happened", &w, NULL), OK);
    return w;
}

static struct record_header header(void)
{
    struct record_header h = {.origin = SLICE("register.example/capital"), .kind = SLICE("sold"), .recorded = 1700000000123,
        .actor = SLICE("clerk-7"), .office = SLICE("Capital"), .purpose = SLICE("sale"), .subject_count = 2};
    h.happened = day("2024-03-05");
    h.discovered = when_unknown();
    h.subject[0] = (struct record_subject){SUBJECT_ITEM, {{0x11}}};
    h.subject[1] = (struct record_subject){SUBJECT_PARTY, {{0x22}}};
    return h;
}

static void plain_two(struct record_plain p[2])
{
    p[0] = (struct record_plain){SECTION_BODY, {{0xaa}}, key_a, SLICE("{\"note\":\"one\"}")};
    p[1] = (struct record_plain){SECTION_PERSON, {{0x22}}, key_b, SLICE("{\"name\":\"Ana Sol\"}")};
}

static struct slice encoded(struct buf *out)
{
    struct record_header h = header();
    struct record_plain p[2];
    uint8_t random[RECORD_SALT + 2 * SEAL_NONCE];
    plain_two(p);
    memset(random, 7, sizeof random);
    buf_init(out, RECORD_MAX);
    assert_int_equal(record_encode(&h, p, 2, random, out, NULL), OK);
    return buf_view(out);
}

static void same_header(const struct record_header *a, const struct record_header *b)
{
    assert_true(slice_eq(a->origin, b->origin) && slice_eq(a->kind, b->kind) && slice_eq(a->actor, b->actor));
    assert_true(slice_eq(a->office, b->office) && slice_eq(a->purpose, b->purpose));
    assert_true(hash_eq(&a->profile, &b->profile));
    assert_string_equal(a->happened.text, b->happened.text);
    assert_string_equal(a->discovered.text, b->discovered.text);
    assert_true(a->recorded == b->recorded && a->happened.start == b->happened.start && a->happened.end == b->happened.end);
    assert_int_equal(a->subject_count, b->subject_count);
    for (size_t i = 0; i < a->subject_count; i++)
        assert_true(a->subject[i].type == b->subject[i].type && subject_eq(&a->subject[i].id, &b->subject[i].id));
    assert_int_equal(a->supersedes_count, b->supersedes_count);
    assert_memory_equal(a->supersedes, b->supersedes, a->supersedes_count * 32);
    assert_int_equal(a->head_count, b->head_count);
    assert_memory_equal(a->head, b->head, a->head_count * 32);
}

/* ---- random records ---- */

static size_t below(size_t n)
{
    return randombytes_uniform((uint32_t)n);
}

static struct slice random_text(char *room, size_t max)
{
    static const char *const parts[] = {"a", "Z", " ", "é", "ص", "漢", "𐌰", "\n", "\"", "0"};
    size_t n = 0;
    for (size_t tries = below(2 * max); tries > 0; tries--) {
        const char *part = parts[below(10)];
        if (n + strlen(part) > max)
            break;
        memcpy(room + n, part, strlen(part));
        n += strlen(part);
    }
    return slice_of(room, n);
}

static void random_header(struct record_header *h, char text[5][96])
{
    static const char *const times[] = {"", "1911", "2024-02", "2024-02-29", "2024-02-29T23:59Z", "1999/2003-05-01"};
    memset(h, 0, sizeof *h);
    h->origin = random_text(text[0], 96);
    h->kind = random_text(text[1], 48);
    h->actor = random_text(text[2], 96);
    h->office = random_text(text[3], 96);
    h->purpose = random_text(text[4], 48);
    h->happened = day(times[below(6)]);
    h->discovered = day(times[below(6)]);
    h->recorded = (int64_t)below(1000000) * 200000000;
    randombytes_buf(h->profile.b, 32);
    h->subject_count = 1 + below(RECORD_SUBJECTS);
    for (size_t i = 0; i < h->subject_count; i++) {
        h->subject[i].type = 1 + (enum subject_type)below(SUBJECT_TYPES - 1);
        randombytes_buf(h->subject[i].id.b, 16);
    }
    h->supersedes_count = below(RECORD_SUPERSEDES + 1);
    randombytes_buf(h->supersedes, h->supersedes_count * 32);
    h->head_count = below(RECORD_HEADS + 1);
    randombytes_buf(h->head, h->head_count * 32);
}

static void a_record_says_what_was_encoded(void **state)
{
    for (int round = 0; round < 300; round++) {
        char text[5][96];
        uint8_t random[RECORD_SALT + RECORD_SECTIONS * SEAL_NONCE], body[RECORD_SECTIONS][300], back[300];
        struct record_plain p[RECORD_SECTIONS];
        struct record_header h;
        struct record r;
        struct buf out;
        size_t n = below(RECORD_SECTIONS + 1);
        random_header(&h, text);
        randombytes_buf(random, sizeof random);
        randombytes_buf(body, sizeof body);
        for (size_t i = 0; i < n; i++)
            p[i] = (struct record_plain){i ? SECTION_PERSON : SECTION_BODY, {{(uint8_t)i}}, i % 2 ? key_a : key_b,
                slice_of((char *)body[i], below(300))};
        buf_init(&out, RECORD_MAX);
        assert_int_equal(record_encode(&h, p, n, random, &out, NULL), OK);
        assert_int_equal(record_parse(buf_view(&out), &r), OK);
        same_header(&h, &r.h);
        assert_int_equal(r.section_count, n);
        assert_memory_equal(r.header_bytes.p + r.header_bytes.n - RECORD_SALT, random, RECORD_SALT);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(r.section[i].sealed.n, p[i].plain.n + SEAL_TAG);
            assert_int_equal(record_open(&r, i, p[i].key, back), OK);
            assert_memory_equal(back, p[i].plain.p, p[i].plain.n);
        }
        buf_free(&out);
    }
}

/* ---- damage ---- */

static bool opens_whole(struct slice bytes)
{
    struct record r;
    uint8_t plain[100];
    if (record_parse(bytes, &r) || r.section_count != 2)
        return false;
    return !record_open(&r, 0, key_a, plain) && !record_open(&r, 1, key_b, plain);
}

static void every_truncation_is_refused(void **state)
{
    struct buf out;
    struct record r;
    struct slice bytes = encoded(&out);
    for (size_t n = 0; n < bytes.n; n++)
        assert_int_equal(record_parse(slice_of(bytes.p, n), &r), ERR_DAMAGED);
    buf_byte(&out, 0);
    assert_int_equal(record_parse(buf_view(&out), &r), ERR_DAMAGED);
    assert_int_equal(record_parse(slice_of(NULL, 0), &r), ERR_DAMAGED);
    buf_free(&out);
}

/* 255 other values of each byte: the record is refused, or a section no longer opens; its id changes in any case. */
static void no_byte_can_be_changed(void **state)
{
    struct buf out;
    struct slice bytes = encoded(&out);
    struct hash id = record_id(bytes);
    assert_true(opens_whole(bytes));
    for (size_t i = 0; i < bytes.n; i++)
        for (unsigned x = 1; x < 256; x++) {
            out.p[i] ^= (char)x;
            struct hash other = record_id(bytes);
            assert_false(opens_whole(bytes));
            assert_false(hash_eq(&id, &other));
            out.p[i] ^= (char)x;
        }
    buf_free(&out);
}

static void a_section_belongs_to_its_record(void **state)
{
    struct buf one, two;
    struct record a, b;
    uint8_t plain[100], random[RECORD_SALT + 2 * SEAL_NONCE];
    struct record_plain p[2];
    struct record_header h = header();
    plain_two(p);
    memset(random, 7, sizeof random);
    random[0] = 8; /* another salt, all else equal */
    buf_init(&two, RECORD_MAX);
    encoded(&one);
    assert_int_equal(record_encode(&h, p, 2, random, &two, NULL), OK);
    assert_int_equal(record_parse(buf_view(&one), &a), OK);
    assert_int_equal(record_parse(buf_view(&two), &b), OK);
    b.section[0] = a.section[0];
    assert_int_equal(record_open(&b, 0, key_a, plain), ERR_KEY);
    b = a;
    b.section[1].kind = SECTION_BODY;
    assert_int_equal(record_open(&b, 1, key_b, plain), ERR_KEY);
    b = a;
    b.section[1].key.b[15] ^= 1;
    assert_int_equal(record_open(&b, 1, key_b, plain), ERR_KEY);
    assert_int_equal(record_open(&a, 1, key_a, plain), ERR_KEY);
    assert_int_equal(record_open(&a, 1, key_b, plain), OK);
    buf_free(&one);
    buf_free(&two);
}

/* ---- limits ---- */

static enum err try_encode(const struct record_header *h, const struct record_plain *p, size_t n, struct fault *f)
{
    uint8_t random[RECORD_SALT + RECORD_SECTIONS * SEAL_NONCE] = {0};
    struct buf out;
    buf_init(&out, 2 * RECORD_MAX);
    buf_str(&out, "kept");
    enum err e = record_encode(h, p, n, random, &out, f);
    if (e)
        assert_int_equal(out.n, 4); /* nothing half-written */
    buf_free(&out);
    return e;
}

static void limits_hold(void **state)
{
    static char long_text[RECORD_MAX];
    struct record_header h = header();
    struct record_plain p[RECORD_SECTIONS + 1] = {{SECTION_BODY, {{0}}, key_a, {long_text, 0}}};
    struct fault f = {0};
    memset(long_text, 'x', sizeof long_text);
    h.origin = slice_of(long_text, 96);
    assert_int_equal(try_encode(&h, p, 1, &f), OK);
    h.origin = slice_of(long_text, 97);
    assert_int_equal(try_encode(&h, p, 1, &f), ERR_TOO_LONG);
    assert_string_equal(f.field, "origin");
    h = header();
    h.kind = slice_of(long_text, 49);
    assert_int_equal(try_encode(&h, p, 1, &f), ERR_TOO_LONG);
    assert_string_equal(f.field, "kind");
    h = header();
    h.office = SLICE("\xff");
    assert_int_equal(try_encode(&h, p, 1, &f), ERR_ENCODING);
    h = header();
    h.subject_count = RECORD_SUBJECTS + 1;
    assert_int_equal(try_encode(&h, p, 1, &f), ERR_TOO_LONG);
    h = header();
    assert_int_equal(try_encode(&h, p, RECORD_SECTIONS + 1, &f), ERR_TOO_LONG);
    h.subject[1].id = h.subject[0].id;
    assert_int_equal(try_encode(&h, p, 1, &f), ERR_BUG);
    h.subject_count = 0;
    assert_int_equal(try_encode(&h, p, 1, &f), ERR_BUG);
    h = header();
    h.recorded = -1;
    assert_int_equal(try_encode(&h, p, 1, &f), ERR_RANGE);
}

static void the_largest_record_is_60000_bytes(void **state)
{
    static char body[RECORD_MAX];
    struct record_header h = header();
    uint8_t random[RECORD_SALT + SEAL_NONCE] = {0};
    struct buf out;
    struct record r;
    struct record_plain p = {SECTION_BODY, {{0}}, key_a, {body, 0}};
    buf_init(&out, 2 * RECORD_MAX);
    assert_int_equal(record_encode(&h, &p, 1, random, &out, NULL), OK);
    p.plain.n = RECORD_MAX - out.n;
    buf_reset(&out);
    assert_int_equal(record_encode(&h, &p, 1, random, &out, NULL), OK);
    assert_int_equal(out.n, 60000);
    assert_int_equal(record_parse(buf_view(&out), &r), OK);
    p.plain.n++;
    assert_int_equal(try_encode(&h, &p, 1, NULL), ERR_TOO_LONG);
    buf_free(&out);
}

/* ---- the worked example of docs/formats/record.md, made there by hand from its table ---- */

static void append_hex(struct buf *out, const char *hex)
{
    uint8_t bytes[512];
    size_t n = strlen(hex) / 2;
    assert_true(hex_to(slice_str(hex), bytes, n));
    buf_add(out, bytes, n);
}

static const char worked_header[] =
    "41544852" "01" "01" "008c"
    "18" "72656769737465722e6578616d706c652f6361706974616c" "04" "736f6c64"
    "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"
    "02" "01" "11111111111111111111111111111111" "02" "22222222222222222222222222222222"
    "0a" "323032342d30332d3035" "00" "0000018e0fcdca7b"
    "07" "636c65726b2d37" "07" "4361706974616c" "04" "73616c65" "00" "00"
    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf";

static void worked_record(struct buf *out)
{
    struct record_header h = header();
    uint8_t random[RECORD_SALT + SEAL_NONCE], key[SEAL_KEY];
    struct record_plain p = {.kind = SECTION_BODY, .key = key, .plain = SLICE("{\"place\":\"Port\"}")};
    h.recorded = 1709662128763;
    memset(h.profile.b, 0x5f, 32);
    memset(h.subject[0].id.b, 0x11, 16);
    memset(h.subject[1].id.b, 0x22, 16);
    memset(p.key_id.b, 0xcc, 16);
    memset(key, 0x42, sizeof key);
    for (size_t i = 0; i < sizeof random; i++)
        random[i] = (uint8_t)(0xa0 + i);
    assert_int_equal(record_encode(&h, &p, 1, random, out, NULL), OK);
}

static void the_worked_bytes_are_those_of_the_page(void **state)
{
    struct buf made, want;
    char hex[65] = {0};
    uint8_t sealed[64], key[SEAL_KEY], nonce[SEAL_NONCE], ad[256];
    unsigned long long n;
    buf_init(&made, RECORD_MAX);
    buf_init(&want, RECORD_MAX);
    worked_record(&made);
    append_hex(&want, worked_header);
    size_t header_n = want.n;
    append_hex(&want, "01" "cccccccccccccccccccccccccccccccc");
    append_hex(&want, "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7" "00000020");
    /* the sealed bytes by libsodium, from the rule of the page: header and salt, then kind and key id */
    memset(key, 0x42, sizeof key);
    for (size_t i = 0; i < sizeof nonce; i++)
        nonce[i] = (uint8_t)(0xb0 + i);
    memcpy(ad, want.p, header_n + 17);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, &n, (const uint8_t *)"{\"place\":\"Port\"}", 16, ad, header_n + 17, NULL, nonce, key);
    buf_add(&want, sealed, n);
    assert_int_equal(made.n, want.n);
    assert_memory_equal(made.p, want.p, want.n);
    struct hash id = record_id(buf_view(&made)), leaf = hash_prefixed(0, made.p, made.n);
    assert_true(hash_eq(&id, &leaf));
    hex_of(id.b, 32, hex);
    assert_string_equal(hex, "bada5a4bc171c9aa4b7716d6ecf7d1d52db71c36b64f7e510959ce0437e4c950");
    buf_free(&made);
    buf_free(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_says_what_was_encoded),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(no_byte_can_be_changed),
        cmocka_unit_test(a_section_belongs_to_its_record),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(the_largest_record_is_60000_bytes),
        cmocka_unit_test(the_worked_bytes_are_those_of_the_page),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
