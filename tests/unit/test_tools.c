/* The checks of includes (tools/check_arrows.py) and of texts (tools/check_messages.py) pass on this tree and fail on each way to go wrong. */
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
static int check(const char *tool, const char *root, struct buf *said)
{
    char command[600], chunk[256];
    snprintf(command, sizeof command, "python3 '%s/tools/%s.py' '%s' 2>&1", ATHAR_SOURCE_ROOT, tool, root);
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
    assert_int_equal(check("check_arrows", ATHAR_SOURCE_ROOT, &said), 0);
    assert_int_equal(check("check_messages", ATHAR_SOURCE_ROOT, &said), 0);
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
        int status = check("check_arrows", dir, &said);
        assert_int_equal(status, cases[i].says ? 1 : 0);
        if (cases[i].says && (!said.p || !strstr(said.p, cases[i].says)))
            fail_msg("%s does not say: %s", said.p ? said.p : "nothing", cases[i].says);
        unlink(file);
        rmdir(folder);
    }
    buf_free(&said);
}

/* English "x.n: {n, plural, one {#} other {#}} of {id, id}{kind, select, A {a} other {}}" beside an Arabic text. */
static const struct {
    const char *arabic, *says;
} translations[] = {
    {"x.n: {id, id} {n, plural, =0 {z} one {o} two {t} few {f} many {m} other {x}}{kind, select, A {a} other {}}", NULL},
    {"# nothing yet", "ar: 1 of 1 texts are not translated"},
    {"x.m: {n}", "x.m is not in English"},
    {"x.n: {id, id} {n, plural, zero {z} one {o} two {t} few {f} other {x}}{kind, select, A {a} other {}}", "{n, plural}: no branch for many"},
    {"x.n: {id} {n}{kind, select, A {a} other {}}", "{id} is text, in English id"},
    {"x.n: {n}{kind, select, A {a} other {}}", "argument {id} is missing"},
    {"x.n: {id, id} {n}{kind, select, A {a} other {}}{who}", "argument {who} is not in English"},
    {"x.n: {id, id} {n}{kind, select, B {a} other {}}", "{kind}: branch A is in one of the two only"},
    {"x.n: \u2066{id, id} {n}{kind, select, A {a} other {}}", "an isolate is not closed"},
    {"x.n: {id, id} {n}{kind, select, A {a} other {}}\nx.n: {n}", "stands also in"},
};

static void test_translations(void **state)
{
    static const char english[] = "x.n: {n, plural, one {#} other {#}} of {id, id}{kind, select, A {a} other {}}\n";
    char folder[2][64], file[2][100];
    struct buf said;
    buf_init(&said, 1u << 16);
    snprintf(folder[0], sizeof folder[0], "%s/data", dir);
    snprintf(folder[1], sizeof folder[1], "%s/data/lang", dir);
    snprintf(file[0], sizeof file[0], "%s/en.msg", folder[1]);
    snprintf(file[1], sizeof file[1], "%s/ar.msg", folder[1]);
    assert_int_equal(mkdir(folder[0], 0700) || mkdir(folder[1], 0700), 0);
    assert_int_equal(file_replace(file[0], slice_str(english), 0600, NULL), OK);
    for (size_t i = 0; i < sizeof translations / sizeof *translations; i++) {
        const char *says = translations[i].says;
        assert_int_equal(file_replace(file[1], slice_str(translations[i].arabic), 0600, NULL), OK);
        int status = check("check_messages", dir, &said);
        assert_int_equal(status, says && !strstr(says, "not translated") ? 1 : 0);
        if (says && (!said.p || !strstr(said.p, says)))
            fail_msg("%s does not say: %s", said.p ? said.p : "nothing", says);
    }
    unlink(file[0]);
    unlink(file[1]);
    rmdir(folder[1]);
    rmdir(folder[0]);
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
        cmocka_unit_test(test_translations),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
