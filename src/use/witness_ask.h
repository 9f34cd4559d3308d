/* Use case: this office's witnesses are shown its newest checkpoint and asked to cosign it (C2SP tlog-witness, the log's side).
 * DIR/log/cosigned then holds it with their cosignatures; DIR/log/witnessed/KEYID what each has signed last. */
#ifndef USE_WITNESS_ASK_H
#define USE_WITNESS_ASK_H
#include "use/verify.h"

enum witness_said {
    SAID_COSIGNED,
    SAID_UNREACHABLE, /* or it answered what no witness answers */
    SAID_REFUSED,     /* it does not know this log, or not its key */
    SAID_REWOUND,     /* it has seen a longer log than this one: an incident */
    SAID_FORKED,      /* this log does not continue what it has seen: an incident */
};
struct witness_answer {
    enum witness_said said;
    long status;     /* of HTTP, 0 = none */
    uint64_t known;  /* size that it has seen, when it said so */
    const char *name, *url;
};
/* told: of each witness, in the order of DIR/witnesses; *asked: how many. Without witnesses or before the first checkpoint: OK and
 * 0. Errors are of this computer only. */
enum err use_witness_ask(struct app *app, void (*told)(void *arg, const struct witness_answer *a), void *arg, size_t *asked, struct fault *f);
/* Message key for what was said. */
const char *witness_said_key(enum witness_said said);
#endif
