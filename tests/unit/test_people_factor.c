/* Second factors against the vectors of their standards: RFC 6238 appendix B (TOTP, SHA-1), RFC 4648 section 10 (base32). */
#include "people/factor.h"
#include "people/password.h"
#include "people/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const uint8_t seed[] = "12345678901234567890";

static void time_codes_are_those_of_the_standard(void **state)
{
    static const struct {
        int64_t at;
        const char *code;
    } vectors[] = {{59, "94287082"}, {1111111109, "07081804"}, {1111111111, "14050471"}, {1234567890, "89005924"}, {2000000000, "69279037"},
        {20000000000, "65353130"}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char code[9];
        totp_code(seed, TOTP_SEED, vectors[i].at / TOTP_STEP, 8, code);
        assert_string_equal(code, vectors[i].code);
    }
}

static void a_code_holds_one_step_either_way_and_once(void **state)
{
    const int64_t now = (int64_t)1111111111 * 1000, step = 1111111111 / TOTP_STEP;
    char code[7];
    for (int64_t d = -3; d <= 3; d++) {
        totp_code(seed, TOTP_SEED, step + d, 6, code);
        int64_t got = totp_check(seed, slice_str(code), now, 0);
        assert_int_equal(got, d >= -1 && d <= 1 ? step + d : 0);
        assert_int_equal(totp_check(seed, slice_str(code), now, step + d), 0); /* used */
    }
    static const char *const typed[] = {"050471", "050 471", " 050-471", "٠٥٠٤٧١", "۰۵۰ ۴۷۱"}; /* RFC 6238 at 1111111111: 14050471 */
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
        assert_int_equal(totp_check(seed, slice_str(typed[i]), now, 0), step);
    assert_int_equal(totp_check(seed, SLICE("0504711"), now, 0), 0);
    assert_int_equal(totp_check(seed, SLICE("050_471"), now, 0), 0);
    assert_int_equal(totp_check(seed, SLICE(""), now, 0), 0);
    assert_int_equal(totp_check(seed, SLICE("94287082"), now, 0), 0);
}

static void base32_is_that_of_the_standard(void **state)
{
    static const char *const vectors[][2] = {{"", ""}, {"f", "MY"}, {"fo", "MZXQ"}, {"foo", "MZXW6"}, {"foob", "MZXW6YQ"}, {"fooba", "MZXW6YTB"},
        {"foobar", "MZXW6YTBOI"}};
    char out[40];
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        base32_text((const uint8_t *)vectors[i][0], strlen(vectors[i][0]), false, out);
        assert_string_equal(out, vectors[i][1]);
    }
    base32_text((const uint8_t *)"foobar", 6, true, out);
    assert_string_equal(out, "MZXW 6YTB OI");
}

static void printed_codes_are_read_as_people_copy_them(void **state)
{
    char out[FACTOR_CODE + 1];
    assert_true(code_read(SLICE("0a1b2-c3d4e"), FACTOR_CODE, out));
    assert_string_equal(out, "0A1B2C3D4E");
    assert_true(code_read(SLICE(" oAlB2 C3d4e"), FACTOR_CODE, out)); /* o for 0, l for 1 */
    assert_string_equal(out, "0A1B2C3D4E");
    assert_true(code_read(SLICE("٠A١B٢ C٣D٤E\n"), FACTOR_CODE, out));
    assert_string_equal(out, "0A1B2C3D4E");
    static const char *const wrong[] = {"", "0A1B2C3D4", "0A1B2C3D4E5", "0A1B2C3D4U", "0A1B2C3D4\xc3\xa9"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(code_read(slice_str(wrong[i]), FACTOR_CODE, out));
}

static void cookies_are_opaque_and_strict(void **state)
{
    uint8_t token[SESSION_TOKEN], hash[32], again[32];
    char cookie[44], form[33];
    for (size_t i = 0; i < sizeof token; i++)
        token[i] = (uint8_t)(i * 7);
    session_cookie(token, cookie, hash);
    assert_true(strlen(cookie) == 43 && session_hash(slice_str(cookie), again));
    assert_memory_equal(hash, again, 32);
    struct hash want = hash_of(token, sizeof token);
    assert_memory_equal(hash, want.b, 32);
    assert_false(session_hash(slice_of(cookie, 42), again) || session_hash(SLICE(""), again));
    cookie[5] = '*';
    assert_false(session_hash(slice_str(cookie), again));
    session_form_token(SLICE("a"), form);
    assert_true(session_form_holds(SLICE("a"), slice_str(form)));
    assert_false(session_form_holds(SLICE("b"), slice_str(form)) || session_form_holds(SLICE("a"), SLICE("")));
}

static void what_would_be_guessed_first_is_refused(void **state)
{
    static const char *const well[] = {"three otters carry a lantern", "correct horse battery staple", "трое выдр несут фонарь", "password of the heron in the reeds"};
    static const char *const bad[] = {"", "short", "aaaaaaaaaaaa", "abcabcabcabcabc", "123456789012", "abcdefghijklmn", "Password1234", "ama.officer-2026", "qwertyuiop12"};
    for (size_t i = 0; i < sizeof well / sizeof *well; i++)
        assert_int_equal(password_judge(slice_str(well[i]), SLICE("ama.officer"), NULL), OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_not_equal(password_judge(slice_str(bad[i]), SLICE("ama.officer"), NULL), OK);
    static const char *const pins[] = {"12345", "123456", "654321", "111111", "121212", "12345a", "1234567890123"};
    for (size_t i = 0; i < sizeof pins / sizeof *pins; i++)
        assert_int_not_equal(pin_judge(slice_str(pins[i]), NULL), OK);
    assert_int_equal(pin_judge(SLICE("583920"), NULL), OK);
    char digits[PIN_TYPED];
    assert_true(slice_is(pin_digits(SLICE("٥٨٣٩٢٠"), digits), "583920"));
    assert_true(slice_is(pin_digits(SLICE("three otters carry a lantern over the bridge, and the fourth one sings"), digits),
        "three otters carry a lantern over the bridge, and the fourth one sings"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_codes_are_those_of_the_standard),
        cmocka_unit_test(a_code_holds_one_step_either_way_and_once),
        cmocka_unit_test(base32_is_that_of_the_standard),
        cmocka_unit_test(printed_codes_are_read_as_people_copy_them),
        cmocka_unit_test(cookies_are_opaque_and_strict),
        cmocka_unit_test(what_would_be_guessed_first_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
