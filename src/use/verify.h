/* Use cases: is the register what it was? use_verify: bytes, tree, tiles, checkpoints, signatures; no key is read but public
 * ones. use_verify_derived: what the records derive to, persons' numbers, and the clock; keys and ordinary code. docs/security.md says what each
 * can and cannot detect. */
#ifndef USE_VERIFY_H
#define USE_VERIFY_H
#include "ledger/verify.h"
#include "use/app.h"

struct use_verify_in {
    struct slice key; /* the log's verifier key as somebody else keeps it; empty: DIR/log/vkey */
    int threads;      /* 0 = 2 */
    /* Each thing that is wrong, as a sentence's message key with its place. Never two at a time. */
    void (*found)(void *arg, const char *key, const char *where, uint64_t position);
    void *arg;
};
struct use_verify_out {
    struct verify_result log;
    char key[NOTE_NAME + 64]; /* that it was verified with */
};
/* OK also when things are wrong: see log.wrong. */
enum err use_verify(struct app *app, const struct use_verify_in *in, struct use_verify_out *out, struct fault *f);

struct use_derived_out {
    uint64_t records, wrong;
    char wrong_tables[128]; /* names with blanks between */
};
/* Takes the writer's lock; changes nothing. */
enum err use_verify_derived(struct app *app, const struct use_verify_in *in, struct use_derived_out *out, struct fault *f);

/* Verifier keys of witnesses: DIR/witnesses, lines "vkey URL"; '#' begins a remark. */
#define WITNESSES_MAX 16
struct witness_list {
    size_t n;
    struct note_key key[WITNESSES_MAX];
    char url[WITNESSES_MAX][256];
};
/* No file: none. ERR_FORMAT names the line. */
enum err use_witnesses(const char *dir, struct witness_list *out, struct fault *f);
#endif
