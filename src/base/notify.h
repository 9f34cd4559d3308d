/* Telling the service manager (systemd) how a server fares: sd_notify(3), whose protocol is stable and meant to be spoken without libsystemd: one
 * datagram of lines to the socket that NOTIFY_SOCKET names. Ours, because a library with all that it loads is much for one sendto. */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H
#include "base/err.h"

/* "READY=1", "WATCHDOG=1\nSTATUS=..."; without NOTIFY_SOCKET nothing is done. Errors are nobody's: a manager that cannot be told is not waited for. */
void notify_send(const char *lines);
/* Nanoseconds within which "WATCHDOG=1" must come, from WATCHDOG_USEC and WATCHDOG_PID; 0: nobody watches. */
int64_t notify_watchdog(void);
#endif
