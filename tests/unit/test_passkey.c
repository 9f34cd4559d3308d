/* Passkeys: the vector of WebAuthn level 3, 16.2 ("none.ES256"; it has no user verification, which is refused here), and registrations and sign-ins that python-cryptography
 * signed, with ES256, EdDSA and RS256; then each of them with one thing wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "base/cbor.h"
#include "people/passkey.h"

struct vector {
    const char *name, *challenge, *create, *attestation, *get, *data, *signature; /* hexadecimal */
};
static const struct vector made[] = {
    {"ES256", "iuewtA5avoZw1sUFAGJZV-gkpqrR_8YMfNWggr8Czbo",
        "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a226975657774413561766f5a773173554641474a5a562d676b707172525f3859"
        "4d664e5767677238437a626f222c226f726967696e223a2268747470733a2f2f72656769737465722e6578616d706c65222c2263726f73734f726967696e223a66616c73657d",
        "a363666d74646e6f6e656761747453746d74a06861757468446174615898cdc613efc1e9113370c0f9e10349f0e41a0b5a8b95ab4acde06cafdcf57835774500000007000000"
        "0000000000000000000000000000140a9323c355adc70a7c995abfc7974f47594d7e1ca5010203262001215820f7a5b5e7eeca7f4aac91f244ee6f4631b8bd3316cbcf205699"
        "28e2b571bf7304225820ec1f7688516ad26c4b3397573f1eabd11de1e5d3e0e615887d3c78d4a93b1c47",
        "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a226975657774413561766f5a773173554641474a5a562d676b707172525f38594d664e"
        "5767677238437a626f222c226f726967696e223a2268747470733a2f2f72656769737465722e6578616d706c65222c2263726f73734f726967696e223a66616c73657d",
        "cdc613efc1e9113370c0f9e10349f0e41a0b5a8b95ab4acde06cafdcf57835770500000008",
        "3044022034b7ae53db9cf236c586c5cad223fdb124b8d1c50ecba5f899881a85ed535e3c022053766ceff15528272a572fe12e0ae3af057a28ef79b6c64d21ef1f54c97db77c"},
    {"EdDSA", "5kWanWHeaAUh6CnXgJmEFWALpy2naDn64Iycw1NMKGk",
        "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22356b57616e5748656141556836436e58674a6d454657414c7079326e61446e"
        "363449796377314e4d4b476b222c226f726967696e223a2268747470733a2f2f72656769737465722e6578616d706c65222c2263726f73734f726967696e223a66616c73657d",
        "a363666d74646e6f6e656761747453746d74a06861757468446174615875cdc613efc1e9113370c0f9e10349f0e41a0b5a8b95ab4acde06cafdcf57835774500000007000000"
        "0000000000000000000000000000143e2a5527fb925c27ba71a1cdbeb199cb201303a9a4010103272006215820872600415df28c4b0e823b01b759b5c52565594524d63165f6"
        "d7dfa577fe2256",
        "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a22356b57616e5748656141556836436e58674a6d454657414c7079326e61446e363449"
        "796377314e4d4b476b222c226f726967696e223a2268747470733a2f2f72656769737465722e6578616d706c65222c2263726f73734f726967696e223a66616c73657d",
        "cdc613efc1e9113370c0f9e10349f0e41a0b5a8b95ab4acde06cafdcf57835770500000008",
        "b01ef7ece53a21abbe32ffc75b7e6b5df04ea813ee9276d333a80e84e85f748428d198945c4e1f401989b88367b6431ebfaed939e18b53336769a2642a74b909"},
    {"RS256", "criF2FM29rTvc7HfcSXvj0FuY6ANYWeustyqw-LOFEY",
        "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a226372694632464d323972547663374866635358766a3046755936414e595765"
        "7573747971772d4c4f464559222c226f726967696e223a2268747470733a2f2f72656769737465722e6578616d706c65222c2263726f73734f726967696e223a66616c73657d",
        "a363666d74646e6f6e656761747453746d74a068617574684461746159015bcdc613efc1e9113370c0f9e10349f0e41a0b5a8b95ab4acde06cafdcf578357745000000070000"
        "00000000000000000000000000000014442be2a459ddd212870368eae3cac623c9afcaeea401030339010020590100d78bd681d2dcf09d4f062b5cbbfd721f1f74ee8e2cb7a1"
        "52d50ebcaa273bd8a8259c664f88bbec0ebde3abd157a3b4fb7df57b40742f9898f3c82a0f1f05d062d33db922f85f2cf9508bb669c0612b8d9f90decee7e819c53b1ad00b8c"
        "056b517249e79b095324951998ff0584c8015a78d30dbeee3e4fa28314c28acd64202943339ef07360e493bbb30cf3ccc5f4f4ad8ce4f22f491c8a0b817e6f18270b2779ddef"
        "4de016b56420f69223ed7c8409e125027720138ac90a7031cdd3e28cc70cdce2dce42af0f891742d6917a57c13ecc5f361b236607516e7678b333bad2e81641f27e887445fe1"
        "d4b0f56101ce2170818f25b8b9555073fdc2f34db44ccd2143010001",
        "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a226372694632464d323972547663374866635358766a3046755936414e595765757374"
        "7971772d4c4f464559222c226f726967696e223a2268747470733a2f2f72656769737465722e6578616d706c65222c2263726f73734f726967696e223a66616c73657d",
        "cdc613efc1e9113370c0f9e10349f0e41a0b5a8b95ab4acde06cafdcf57835770500000008",
        "d47fa5f2d0fbd089f0a3b407b1f9293045b251cb35e3ff845b0df77d97c7b81625d626feaaa5956a5537127701b8f148a3c41769180fc609e996a30a9afa0c3c97cadd0327b0"
        "fc1f0df6d6247f1a5b14a42aea9bd8a444fa38564d0ec51b465f05e52a2e816043006bd72dc01f5890f34369aa8323464d89fdfc986eebdd1d38204edb0e473a179a03309f91"
        "a79689040df7f41f7013f020b9a068d258daf342af4a957327eb9aae38aa6d06acf61bef653b1e22030f0a46ff542bac50544d6df257aa9eec56a6a3d22d01cd714c09f21b1a"
        "68451cadc4e72dfbfb81545584ed513cc517da17cb94c04d006ba6a9bb81363f72955d088b32158650a7c1b9d1c9"},
};
#define ORIGIN "https://register.example"
#define HOST "register.example"

static struct slice unhex(struct arena *a, const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *p = arena_alloc(a, n + 1);
    assert_true(hex_to(slice_str(hex), p, n));
    return slice_of((const char *)p, n);
}

static struct passkey_asked asked_of(const struct vector *v)
{
    return (struct passkey_asked){slice_str(v->challenge), SLICE(ORIGIN), SLICE(HOST)};
}

static struct passkey_answer created(struct arena *a, const struct vector *v)
{
    return (struct passkey_answer){unhex(a, v->create), unhex(a, v->attestation), {0}};
}

static struct passkey_answer asserted(struct arena *a, const struct vector *v)
{
    return (struct passkey_answer){unhex(a, v->get), unhex(a, v->data), unhex(a, v->signature)};
}

static void test_registers_and_signs_in(void **state)
{
    struct arena a;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        struct passkey key;
        int64_t counter = 0;
        const struct passkey_asked asked = asked_of(&made[i]);
        const struct passkey_answer first = created(&a, &made[i]), then = asserted(&a, &made[i]);
        assert_int_equal(passkey_register(&asked, &first, &key, NULL), OK);
        assert_int_equal(key.id_n, 20);
        assert_int_equal(key.counter, 7);
        assert_int_equal(passkey_verify(&asked, &then, &key, &counter, NULL), OK);
        assert_int_equal(counter, 8);
        key.counter = 8; /* not grown: a copy of the key signed */
        assert_int_equal(passkey_verify(&asked, &then, &key, &counter, NULL), ERR_REFUSED);
    }
    arena_free(&a);
}

static void test_of_another(void **state)
{
    struct arena a;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        struct passkey key, other;
        int64_t counter;
        struct passkey_answer first = created(&a, &made[i]), then = asserted(&a, &made[i]);
        const struct passkey_asked good = asked_of(&made[i]), bad[] = {{SLICE("AAAA"), good.origin, good.host}, {good.challenge, SLICE("https://register.example:444"), good.host},
            {good.challenge, SLICE("http://register.example"), good.host}, {good.challenge, good.origin, SLICE("example")}};
        assert_int_equal(passkey_register(&good, &first, &key, NULL), OK);
        for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
            assert_int_equal(passkey_register(&bad[k], &first, &other, NULL), ERR_REFUSED);
            assert_int_equal(passkey_verify(&bad[k], &then, &key, &counter, NULL), ERR_REFUSED);
        }
        struct passkey_answer swapped = {then.client_data, first.data, then.signature};
        assert_int_equal(passkey_register(&good, &swapped, &other, NULL), ERR_REFUSED); /* "get" is no "create" */
        const struct passkey_asked next = asked_of(&made[(i + 1) % 3]);
        const struct passkey_answer elses = created(&a, &made[(i + 1) % 3]);
        assert_int_equal(passkey_register(&next, &elses, &other, NULL), OK);
        assert_int_equal(passkey_verify(&good, &then, &other, &counter, NULL), ERR_REFUSED); /* the key of another algorithm */
    }
    arena_free(&a);
}

/* Every single bit of data and signature matters. */
static void test_bits(void **state)
{
    struct arena a;
    int64_t counter;
    arena_init(&a, 8 << 20);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        struct passkey key;
        const struct passkey_asked asked = asked_of(&made[i]);
        const struct passkey_answer first = created(&a, &made[i]), then = asserted(&a, &made[i]);
        assert_int_equal(passkey_register(&asked, &first, &key, NULL), OK);
        for (size_t bit = 0; bit < 8 * (then.data.n + then.signature.n); bit += 3) {
            struct passkey_answer wrong = then;
            struct slice *part = bit < 8 * then.data.n ? &wrong.data : &wrong.signature;
            size_t at = bit < 8 * then.data.n ? bit : bit - 8 * then.data.n;
            char *copy = arena_alloc(&a, part->n);
            memcpy(copy, part->p, part->n);
            copy[at / 8] = (char)(copy[at / 8] ^ 1 << at % 8);
            part->p = copy;
            assert_int_equal(passkey_verify(&asked, &wrong, &key, &counter, NULL), ERR_REFUSED);
        }
        for (size_t n = 0; n < first.data.n; n++) { /* cut short anywhere */
            const struct passkey_answer cut = {first.client_data, slice_of(first.data.p, n), {0}};
            struct passkey none;
            assert_int_equal(passkey_register(&asked, &cut, &none, NULL), ERR_REFUSED);
        }
    }
    arena_free(&a);
}

static void test_client_data(void **state)
{
    static const char *const bad[] = {
        "{\"type\":\"webauthn.get\",\"challenge\":\"%s\",\"origin\":\"" ORIGIN "\",\"crossOrigin\":true}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"%s\",\"origin\":\"" ORIGIN "\",\"topOrigin\":\"https://evil.example\"}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"%s\",\"origin\":\"" ORIGIN "\",\"origin\":\"" ORIGIN "\"}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"%s\",\"origin\":\"" ORIGIN "\\u0000\"}", "[\"%s\"]", "%s"};
    const struct passkey_asked asked = asked_of(&made[0]);
    struct arena a;
    arena_init(&a, 1 << 20);
    const struct passkey_answer first = created(&a, &made[0]);
    struct passkey key;
    assert_int_equal(passkey_register(&asked, &first, &key, NULL), OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[600];
        struct passkey_answer then = asserted(&a, &made[0]);
        struct fault f = {0};
        int64_t counter;
        snprintf(text, sizeof text, bad[i], made[0].challenge);
        then.client_data = slice_str(text);
        assert_int_equal(passkey_verify(&asked, &then, &key, &counter, &f), ERR_REFUSED);
        assert_string_equal(f.value, "client data");
    }
    arena_free(&a);
}

static void test_standard(void **state)
{
    static const struct vector w3c = {"none.ES256", "",
        "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e6364713431375944774246693876704961"
        "2d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c2265787472"
        "6144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e207468652066"
        "75747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d",
        "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446cc"
        "b9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb6"
        "4098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
        "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63"
        "685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
        "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
        "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87"};
    const struct passkey_asked create = {SLICE("AMMPt4UxxGTStncdq417YDwBFi8vpIa-pw8oOuVW4TA"), SLICE("https://example.org"), SLICE("example.org")},
                               get = {SLICE("OcDnUhQXulTUPo3JUXT0I97pvzzYBP9tZchXyav01Ag"), create.origin, create.host};
    struct arena a;
    struct passkey key;
    struct fault f = {0};
    int64_t counter;
    arena_init(&a, 1 << 20);
    struct passkey_answer first = created(&a, &w3c);
    const struct passkey_answer then = asserted(&a, &w3c);
    assert_int_equal(passkey_register(&create, &first, &key, &f), ERR_REFUSED);
    assert_string_equal(f.value, "authenticator data");
    char *verified = arena_alloc(&a, first.data.n);
    memcpy(verified, first.data.p, first.data.n);
    verified[62] |= 4; /* the flags, after 30 bytes of CBOR and the hash: nothing signs them at registration */
    first.data.p = verified;
    assert_int_equal(passkey_register(&create, &first, &key, NULL), OK);
    assert_int_equal(key.id_n, 32);
    assert_true(passkey_signature_holds(&key, &then));
    assert_int_equal(passkey_verify(&get, &then, &key, &counter, &f), ERR_REFUSED); /* not verified */
    assert_string_equal(f.value, "authenticator data");
    arena_free(&a);
}

/* RFC 8949, appendix A, and what is well-formed there but not canonical. */
static void test_cbor(void **state)
{
    static const struct {
        const char *hex;
        bool well;
    } rows[] = {{"00", true}, {"17", true}, {"1818", true}, {"1b000000e8d4a51000", true}, {"3903e7", true}, {"40", true}, {"4401020304", true}, {"6161", true},
        {"62c3bc", true}, {"80", true}, {"83010203", true}, {"a0", true}, {"a201020304", true}, {"f4", true}, {"f5", true}, {"a26161016162820203", true},
        {"1817", false}, {"190018", false}, {"1a0000ffff", false}, {"1b00000000ffffffff", false}, {"5803010203", false}, {"5f42010243030405ff", false}, {"9fff", false},
        {"bf6161019fff", false}, {"c11a514b67b0", false}, {"f6", false}, {"f90000", false}, {"fb3ff199999999999a", false}, {"f818", false}, {"1c", false}, {"5b7fffffffffffffff", false},
        {"9b7fffffffffffffff", false}, {"bb7fffffffffffffff", false}, {"a1", false}, {"a101", false}, {"818181818100", false}, {"", false}};
    struct arena a;
    arena_init(&a, 1 << 16);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cbor c = {unhex(&a, rows[i].hex), false};
        cbor_any(&c);
        if ((!c.bad && !c.rest.n) != rows[i].well)
            fail_msg("%s", rows[i].hex);
    }
    struct cbor n = {unhex(&a, "3903e7"), false}, big = {unhex(&a, "1bffffffffffffffff"), false}, utf = {unhex(&a, "62c328"), false};
    assert_int_equal(cbor_int(&n), -1000);
    cbor_int(&big);
    cbor_text(&utf);
    assert_true(big.bad && utf.bad);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_registers_and_signs_in), cmocka_unit_test(test_of_another), cmocka_unit_test(test_bits),
        cmocka_unit_test(test_client_data), cmocka_unit_test(test_standard), cmocka_unit_test(test_cbor)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
