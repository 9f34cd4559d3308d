/* What a browser is, in two coarse words ("Firefox", "Windows"), so that a person tells his own sessions apart. Read from the header User-Agent, which
 * its sender writes as he likes: a help for the eye, never a proof. The header itself, which tells browsers and people apart far better, is not kept. */
#ifndef PEOPLE_AGENT_H
#define PEOPLE_AGENT_H
#include "base/slice.h"

/* The numbers are stored: new ones at the end. 0 = not known. */
enum agent_browser { BROWSER_UNKNOWN, BROWSER_FIREFOX, BROWSER_CHROME, BROWSER_EDGE, BROWSER_SAFARI, BROWSER_OPERA, BROWSER_SAMSUNG, BROWSERS };
enum agent_system { SYSTEM_UNKNOWN, SYSTEM_WINDOWS, SYSTEM_MACOS, SYSTEM_LINUX, SYSTEM_ANDROID, SYSTEM_IOS, SYSTEM_CHROMEOS, SYSTEMS };
struct agent {
    uint8_t browser, system;
};
/* Only the first AGENT_READ bytes are looked at. */
#define AGENT_READ 512
struct agent agent_read(struct slice header);
/* "firefox", "windows": ends of the message keys "browser.X" and "system.X"; "unknown" for 0 and for a number of a later program. */
const char *agent_browser_word(struct agent a);
const char *agent_system_word(struct agent a);
#endif
