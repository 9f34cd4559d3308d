/* Passwords and PINs: Argon2id (RFC 9106) by libsodium over HMAC-SHA-256(key of the directory, password), so that whoever has
 * accounts.db alone cannot even begin to guess. Limits of the kind "interactive": 2 passes over 64 MiB.
 *
 * A hash costs some 100 ms and 64 MiB: a gate lets GATE_STRANGERS of them run at a time, and GATE_KNOWN more that come from a
 * browser the account has signed in from before. At most GATE_WAITING strangers wait; more are refused at once. A run of guesses
 * thus takes a bounded share of the machine, and makes those who are known wait for nobody. */
#ifndef PEOPLE_PASSWORD_H
#define PEOPLE_PASSWORD_H
#include <pthread.h>
#include "people/box.h"

#define PASSWORD_MIN 12 /* characters; NIST SP 800-63B 5.1.1.2: length, no composition rules, a list of the commonest refused */
#define PASSWORD_MAX 256 /* bytes */
#define PIN_MIN 6
#define GATE_STRANGERS 2
#define GATE_KNOWN 2
#define GATE_WAITING 12

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t free;
    int running[2], waiting[2]; /* strangers, known */
};
void gate_init(struct gate *g);
void gate_free(struct gate *g);
/* ERR_BUSY when too many wait. */
enum err gate_enter(struct gate *g, bool known, struct fault *f);
void gate_leave(struct gate *g, bool known);

/* ERR_RANGE, ERR_TOO_LONG, ERR_REFUSED (too common, or holds the login). */
enum err password_judge(struct slice password, struct slice login, struct fault *f);
/* A PIN is of digits, whatever keyboard they were typed on: as 0 to 9. What is too long to be one comes back as it is. */
#define PIN_TYPED 64
struct slice pin_digits(struct slice typed, char out[PIN_TYPED]);
enum err pin_judge(struct slice pin, struct fault *f);
/* out: 128 bytes. what: "password" or "pin". Called inside the gate. */
enum err password_hash(const struct box *b, const char *what, const struct subject_id *account, struct slice text, char out[128], struct fault *f);
/* hash "" (no such account, no password): false after the time that a true one takes. Called inside the gate. */
bool password_holds(const struct box *b, const char *what, const struct subject_id *account, struct slice text, const char *hash);
#endif
