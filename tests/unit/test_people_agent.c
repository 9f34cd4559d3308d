/* Two coarse words of what browsers say of themselves: the headers are those of shipped browsers, published by their makers. */
#include "people/agent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void reads(const char *header, const char *browser, const char *system)
{
    struct agent a = agent_read(slice_str(header));
    if (strcmp(agent_browser_word(a), browser) != 0 || strcmp(agent_system_word(a), system) != 0)
        fail_msg("%s: %s on %s", header, agent_browser_word(a), agent_system_word(a));
}

static void browsers_and_systems_are_told_apart(void **state)
{
    reads("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", "firefox", "windows");
    reads("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "firefox", "linux");
    reads("Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0", "firefox", "android");
    reads("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/128.0 Mobile/15E148 Safari/605.1.15", "firefox", "ios");
    reads("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "chrome", "windows");
    reads("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "chrome", "chromeos");
    reads("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.87", "edge", "windows");
    reads("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", "safari", "macos");
    reads("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 OPR/112.0.0.0", "opera", "macos");
    reads("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36", "samsung", "android");
    reads("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.153 Mobile/15E148 Safari/604.1", "chrome", "ios");
}

static void what_is_not_known_is_said_so(void **state)
{
    reads("", "unknown", "unknown");
    reads("curl/8.5.0", "unknown", "unknown");
    reads("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "unknown", "windows");
    assert_string_equal(agent_browser_word((struct agent){250, 250}), "unknown");
    assert_string_equal(agent_system_word((struct agent){250, 250}), "unknown");
    struct agent none = agent_read(slice_of(NULL, 0));
    assert_true(none.browser == 0 && none.system == 0);
}

static void only_the_beginning_is_looked_at(void **state)
{
    static char header[AGENT_READ + 64];
    memset(header, 'x', sizeof header - 1);
    memcpy(header + AGENT_READ - 4, "Firefox/1 (Windows)", 19);
    reads(header, "unknown", "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(browsers_and_systems_are_told_apart), cmocka_unit_test(what_is_not_known_is_said_so),
        cmocka_unit_test(only_the_beginning_is_looked_at)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
