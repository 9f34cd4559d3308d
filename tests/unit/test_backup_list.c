/* The texts of a backup (docs/formats/backup.md): what they say is read as it was written, and nothing else is taken. */
#include "backup/list.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define SUM "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" /* SHA-256("") */

static void test_a_list_is_read_as_it_was_written(void **state)
{
    const struct slice text = SLICE(SUM " 0 0 a/b\n" SUM " 17 1795722151735000000 received/000000\n");
    struct list l;
    struct buf out;
    buf_init(&out, 4096);
    assert_int_equal(list_parse(text, &l), OK);
    assert_int_equal(l.n, 2);
    assert_int_equal(list_find(&l, SLICE("received/000000"))->bytes, 17);
    assert_null(list_find(&l, SLICE("received/000001")));
    list_write(&l, &out);
    assert_true(slice_eq(buf_view(&out), text));
    list_free(&l);
    buf_free(&out);
    assert_int_equal(list_parse(SLICE(""), &l), OK);
    assert_int_equal(l.n, 0);
}

static void test_other_lists_are_refused(void **state)
{
    static const char *const texts[] = {
        SUM " 0 0 a", SUM " 0 0 b\n" SUM " 0 0 a\n", SUM " 0 0 a\n" SUM " 0 0 a\n", SUM " 00 0 a\n", SUM " 0 -1 a\n", SUM " 0 0 \n", SUM " 0 a\n",
        "e3 0 0 a\n", SUM " 99999999999999999999 0 a\n", "\n"};
    struct list l;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(list_parse(slice_str(texts[i]), &l), ERR_DAMAGED);
}

/* A restored file lies below the directory, whatever its name says. */
static void test_names_stay_below(void **state)
{
    static const char *const bad[] = {"", "/etc/passwd", "..", "../a", "a/../b", "a//b", "a/", ".hidden", "a/.b", "a b", "a\nb", "a\x7f"};
    static const char *const good[] = {"a", "log/cosigned", "imports/1795721513892.json", "a..b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(list_name_holds(slice_str(bad[i])));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(list_name_holds(slice_str(good[i])));
}

static void test_a_page(void **state)
{
    const struct slice text = SLICE("athar-backup 1\nregister.example/north\n1795722151735\n300\n" SUM "\n");
    struct list_page p;
    struct buf out;
    buf_init(&out, 4096);
    assert_int_equal(list_page_parse(text, &p), OK);
    assert_true(slice_is(p.origin, "register.example/north"));
    assert_int_equal(p.size, 300);
    list_page_write(&p, &out);
    assert_true(slice_eq(buf_view(&out), text));
    buf_free(&out);
    assert_int_equal(list_page_parse(SLICE("register.example/north\n300\nrra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=\n"), &p), ERR_FORMAT);
    assert_int_equal(list_page_parse(SLICE("athar-backup 1\nx\n1\n0300\n" SUM "\n"), &p), ERR_FORMAT);
    assert_int_equal(list_page_parse(SLICE("athar-backup 1\nx\n1\n300\n" SUM "\nmore\n"), &p), ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_list_is_read_as_it_was_written), cmocka_unit_test(test_other_lists_are_refused),
        cmocka_unit_test(test_names_stay_below), cmocka_unit_test(test_a_page)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
