#include "people/agent.h"
#include "base/banned.h"

struct sign {
    const char *text;
    uint8_t means;
};

/* First fit wins. Most browsers also name those that they descend from, so the descendants stand first; "Chrome" also stands for what is built of it and
 * says nothing else. */
static const struct sign browsers[] = {
    {"Edg/", BROWSER_EDGE}, {"EdgA/", BROWSER_EDGE}, {"EdgiOS/", BROWSER_EDGE}, {"OPR/", BROWSER_OPERA}, {"OPT/", BROWSER_OPERA},
    {"SamsungBrowser/", BROWSER_SAMSUNG}, {"Firefox/", BROWSER_FIREFOX}, {"FxiOS/", BROWSER_FIREFOX}, {"Chrome/", BROWSER_CHROME},
    {"CriOS/", BROWSER_CHROME}, {"Safari/", BROWSER_SAFARI},
};
static const struct sign systems[] = {
    {"Android", SYSTEM_ANDROID}, {"iPhone", SYSTEM_IOS}, {"iPad", SYSTEM_IOS}, {"iPod", SYSTEM_IOS}, {"Windows", SYSTEM_WINDOWS},
    {"CrOS", SYSTEM_CHROMEOS}, {"Macintosh", SYSTEM_MACOS}, {"Linux", SYSTEM_LINUX},
};
static const char *const browser_words[BROWSERS] = {"unknown", "firefox", "chrome", "edge", "safari", "opera", "samsung"};
static const char *const system_words[SYSTEMS] = {"unknown", "windows", "macos", "linux", "android", "ios", "chromeos"};

static bool holds(struct slice text, const char *sign)
{
    size_t n = strlen(sign);
    for (size_t i = 0; i + n <= text.n; i++)
        if (memcmp(text.p + i, sign, n) == 0)
            return true;
    return false;
}

static uint8_t first_sign(struct slice text, const struct sign *signs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (holds(text, signs[i].text))
            return signs[i].means;
    return 0;
}

struct agent agent_read(struct slice header)
{
    if (header.n > AGENT_READ)
        header.n = AGENT_READ;
    return (struct agent){first_sign(header, browsers, sizeof browsers / sizeof *browsers), first_sign(header, systems, sizeof systems / sizeof *systems)};
}

const char *agent_browser_word(struct agent a)
{
    return browser_words[a.browser < BROWSERS ? a.browser : BROWSER_UNKNOWN];
}

const char *agent_system_word(struct agent a)
{
    return system_words[a.system < SYSTEMS ? a.system : SYSTEM_UNKNOWN];
}
