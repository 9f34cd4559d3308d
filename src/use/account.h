/* Use cases: accounts, as the command line asks for them at the machine's console. The web door has its own in people_door.h; both write the same
 * acts. What is done at the console names no account: it is how the first one comes about, and is shown as such. */
#ifndef USE_ACCOUNT_H
#define USE_ACCOUNT_H
#include "base/cjson.h"
#include "use/app.h"

struct account_new {
    struct slice login, name, office; /* office "": the register's own */
    struct slice role;                /* of the profile */
    struct slice password;            /* "": none, a link is made */
};
#define ACCOUNT_LINK 27
/* link: text of a one-time sign-in link (path /sign-in/TEXT), ACCOUNT_LINK bytes, valid 72 hours; "" when a password was given.
 * ERR_EXISTS (login), ERR_UNKNOWN_CODE (role), those of password_judge. */
enum err use_account_add(struct app *a, const struct account_new *n, char link[ACCOUNT_LINK], struct fault *f);
enum err use_account_role(struct app *a, struct slice login, struct slice role, bool give, struct fault *f);
/* Secrets, sessions and known browsers are thrown away; a new link. */
enum err use_account_reset(struct app *a, struct slice login, char link[ACCOUNT_LINK], struct fault *f);
/* A token for a machine's account. scope: rights by word, separated by blanks or commas; empty = all that its roles give. kinds: of records that it may
 * enter, the same; empty = none, and no right `enter`. out: shown once. */
struct token_new {
    struct slice login, name, scope, kinds;
    int days; /* 1 to 730 */
};
#define ACCOUNT_TOKEN 50
enum err use_account_token(struct app *a, const struct token_new *n, char out[ACCOUNT_TOKEN], struct fault *f);
enum err use_account_close(struct app *a, struct slice login, struct fault *f);
/* docs/api/shapes.md "accounts". */
enum err use_account_list(struct app *a, const struct lang *l, struct cj *out, struct fault *f);
/* Is there an account that can sign in? */
enum err use_account_any(struct app *a, bool *out, struct fault *f);
#endif
