#include "people/password.h"
#include <sodium.h>
#include "base/banned.h"

void gate_init(struct gate *g)
{
    *g = (struct gate){0};
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->free, NULL);
}

void gate_free(struct gate *g)
{
    pthread_cond_destroy(&g->free);
    pthread_mutex_destroy(&g->lock);
}

enum err gate_enter(struct gate *g, bool known, struct fault *f)
{
    int room = known ? GATE_KNOWN : GATE_STRANGERS;
    pthread_mutex_lock(&g->lock);
    bool full = g->running[known] >= room && g->waiting[known] >= GATE_WAITING;
    if (!full) {
        g->waiting[known]++;
        while (g->running[known] >= room)
            pthread_cond_wait(&g->free, &g->lock);
        g->waiting[known]--;
        g->running[known]++;
    }
    pthread_mutex_unlock(&g->lock);
    return full ? fault_set(f, ERR_BUSY, "sign_in", SLICE(""), "want.try_again") : OK;
}

void gate_leave(struct gate *g, bool known)
{
    pthread_mutex_lock(&g->lock);
    g->running[known]--;
    pthread_cond_broadcast(&g->free);
    pthread_mutex_unlock(&g->lock);
}

/* ---- what is accepted ---- */

static size_t characters(struct slice s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return n;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

static bool holds_word(struct slice s, struct slice word)
{
    for (size_t i = 0; word.n && i + word.n <= s.n; i++) {
        size_t k = 0;
        while (k < word.n && lower(s.p[i + k]) == lower(word.p[k]))
            k++;
        if (k == word.n)
            return true;
    }
    return false;
}

/* One character or a short run again and again: "aaaaaaaaaaaa", "123412341234", "123456789012" counted by its steps. */
static bool monotonous(struct slice s)
{
    for (size_t period = 1; period <= 4; period++) {
        size_t i = period;
        while (i < s.n && s.p[i] == s.p[i - period])
            i++;
        if (i == s.n)
            return true;
    }
    size_t steps = 0;
    for (size_t i = 1; i < s.n; i++)
        steps += s.p[i] - s.p[i - 1] == 1 || s.p[i] - s.p[i - 1] == -1;
    return steps + 3 >= s.n;
}

enum err password_judge(struct slice password, struct slice login, struct fault *f)
{
    static const char *const common[] = {"password", "passwort", "contrase", "motdepasse", "qwerty", "azerty", "letmein", "welcome", "iloveyou",
        "athar", "firearm", "administrator"};
    if (password.n > PASSWORD_MAX)
        return fault_set(f, ERR_TOO_LONG, "password", SLICE(""), "say.password");
    if (characters(password) < PASSWORD_MIN)
        return fault_set(f, ERR_RANGE, "password", SLICE(""), "say.password");
    if (monotonous(password) || (login.n > 3 && holds_word(password, login)))
        return fault_set(f, ERR_REFUSED, "password", SLICE(""), "say.password_rare");
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        if (holds_word(password, slice_str(common[i])) && characters(password) < PASSWORD_MIN + 8)
            return fault_set(f, ERR_REFUSED, "password", SLICE(""), "say.password_rare");
    return OK;
}

struct slice pin_digits(struct slice typed, char out[PIN_TYPED])
{
    return typed.n <= PIN_TYPED ? slice_digits(typed, out) : typed;
}

enum err pin_judge(struct slice pin, struct fault *f)
{
    bool digits = pin.n >= PIN_MIN && pin.n <= 12;
    for (size_t i = 0; digits && i < pin.n; i++)
        digits = pin.p[i] >= '0' && pin.p[i] <= '9';
    if (!digits)
        return fault_set(f, ERR_FORMAT, "pin", SLICE(""), "say.pin");
    return monotonous(pin) ? fault_set(f, ERR_REFUSED, "pin", SLICE(""), "say.pin_rare") : OK;
}

/* ---- hashing ---- */

static void pepper(const struct box *b, const char *what, const struct subject_id *account, struct slice text, uint8_t out[32])
{
    box_mac(b, what, slice_of((const char *)account->b, sizeof account->b), text, out);
}

enum err password_hash(const struct box *b, const char *what, const struct subject_id *account, struct slice text, char out[128], struct fault *f)
{
    uint8_t mac[32];
    pepper(b, what, account, text, mac);
    int failed = crypto_pwhash_argon2id_str(out, (const char *)mac, sizeof mac, crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE,
        crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE);
    seal_wipe(mac, sizeof mac);
    return failed ? fault_set(f, ERR_MEMORY, what, SLICE(""), "") : OK;
}

bool password_holds(const struct box *b, const char *what, const struct subject_id *account, struct slice text, const char *hash)
{
    /* of no password: verified when there is none, and never true since its text was drawn at random and thrown away */
    static const char nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$t3nE7sG/EGbpbgFwTfMqDQ$ZHJhd24gYXQgcmFuZG9tLCB0aHJvd24gYXdheSAgICA";
    uint8_t mac[32];
    pepper(b, what, account, text, mac);
    bool holds = crypto_pwhash_argon2id_str_verify(*hash ? hash : nobody, (const char *)mac, sizeof mac) == 0 && *hash;
    seal_wipe(mac, sizeof mac);
    return holds;
}
