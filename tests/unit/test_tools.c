/* The check of includes (tools/check_arrows.py) passes on this tree and fails on each way to run against the arrows. */
#include "base/buf.h"
#include "base/file.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[] = "/tmp/athar-tools-XXXXXX";

/* Exit status of the check over a tree; what it said goes to `said`. */
static int check(const char *root, struct buf *said)
{
    char command[600], chunk[256];
    snprintf(command, sizeof command, "python3 '%s/tools/check_arrows.py' '%s' 2>&1", ATHAR_SOURCE_ROOT, root);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    buf_reset(said);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        buf_add(said, chunk, n);
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_this_tree(void **state)
{
    struct buf said;
    buf_init(&said, 1u << 16);
    assert_int_equal(check(ATHAR_SOURCE_ROOT, &said), 0);
    buf_free(&said);
}

static const struct {
    const char *folder, *text;
    const char *says; /* NULL: allowed */
} cases[] = {
    {"marks", "#include \"base/buf.h\"\n#include \"marks/index.h\"\n#include <string.h>\n", NULL},
    {"marks", "/* see \"web/page.h\" */\n", NULL},
    {"base", "#include \"base/buf.h\"\n#include \"store/db.h\"\n", "base/x.c:2: base may not include \"store/db.h\""},
    {"base", "  #  include \"domain/mark.h\"\n", "base/x.c:1: base may not include"},
    {"domain", "#include \"lang/text.h\"\n", "domain may not include"},
    {"marks", "#include \"ledger/tree.h\"\n", "marks may not include"},
    {"store", "#include \"marks/index.h\"\n", "store may not include"},
    {"ledger", "#include \"use/search.h\"\n", "ledger may not include"},
    {"use", "#include \"web/http.h\"\n", "use may not include"},
    {"helpers", "int x;\n", "folder helpers has no place"},
};

static void test_bad_includes(void **state)
{
    struct buf said;
    buf_init(&said, 1u << 16);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char folder[100], file[120];
        snprintf(folder, sizeof folder, "%s/src/%s", dir, cases[i].folder);
        snprintf(file, sizeof file, "%s/x.c", folder);
        assert_int_equal(mkdir(folder, 0700), 0);
        assert_int_equal(file_replace(file, slice_str(cases[i].text), 0600, NULL), OK);
        int status = check(dir, &said);
        assert_int_equal(status, cases[i].says ? 1 : 0);
        if (cases[i].says && (!said.p || !strstr(said.p, cases[i].says)))
            fail_msg("%s does not say: %s", said.p ? said.p : "nothing", cases[i].says);
        unlink(file);
        rmdir(folder);
    }
    buf_free(&said);
}

static int setup(void **state)
{
    char src[64];
    if (!mkdtemp(dir))
        return 1;
    snprintf(src, sizeof src, "%s/src", dir);
    return mkdir(src, 0700);
}

static int teardown(void **state)
{
    char src[64];
    snprintf(src, sizeof src, "%s/src", dir);
    rmdir(src);
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_this_tree),
        cmocka_unit_test(test_bad_includes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
