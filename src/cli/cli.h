/* The terminal door: a table of verbs, options by table, errors in one sentence on standard error. Exit codes: 0 done, 1
 * refused and nothing changed, 2 usage. */
#ifndef CLI_CLI_H
#define CLI_CLI_H
#include "people/visitor.h"
#include "use/app.h"
#include <stdio.h>

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_WRONG_USE = 2 };

/* One option of a verb: takes a value (text != NULL) or is a switch (on != NULL). */
struct option {
    const char *name; /* "--data"; NULL ends the table */
    const char **text;
    bool *on;
    bool needed;
};
struct words { /* what is left: at most two */
    const char *word[2];
    int count, least, most;
};
/* Fills options and words. On "--help" prints usage to stdout and returns 1; wrong use: says what, prints usage to stderr,
 * returns 2; else 0. `help` is set by --help. */
int options_read(int argc, char **argv, const struct option *o, struct words *w, const char *usage, bool *help);

/* One sentence on stderr; returns the exit code. */
int say_fault(const struct app *a, const struct fault *f);
/* Opens the app or says why not. */
struct app *cli_app(const char *dir, int *exit_code);
/* Both: options and words read, then the app of the directory that --data names. NULL: *exit_code, after help too. */
struct app *cli_open(int argc, char **argv, const struct option *o, struct words *w, const char *usage, int *exit_code);
/* The end of a verb: says the fault, if there is one (e), and closes the app. The exit code. */
int cli_end(struct app *a, enum err e, const struct fault *f);
/* The same for one whose answer is text: a line on stdout when all went well. The text is wiped and freed. */
int cli_end_text(struct app *a, enum err e, struct buf *out, const struct fault *f);
/* Wrong use that only shows when all is read: usage on stderr, the app closed. The exit code. */
int cli_end_wrong(struct app *a, const char *what, const char *usage);
/* Who sits at the terminal: he holds the keys, so he may everything; what he opens is logged under the system's name for him. */
struct visitor cli_visitor(void);
/* Set by SIGINT and SIGTERM after cli_catch_signals. */
void cli_catch_signals(void);
bool cli_stopped(void *arg);
/* SIGHUP, for a server that reads its settings anew: true once for each time it came. */
void cli_catch_hang_up(void);
bool cli_hung_up(void);
/* A progress line on stderr when it is a terminal, at most ten a second. */
void cli_progress(const char *what, uint64_t done, uint64_t all, int64_t nanos);
void cli_progress_end(void);

int verb_clock(int argc, char **argv);
int verb_init(int argc, char **argv);
int verb_import(int argc, char **argv);
int verb_search(int argc, char **argv);
int verb_trace(int argc, char **argv);
int verb_marks(int argc, char **argv);
int verb_ballistics(int argc, char **argv);
int verb_backup(int argc, char **argv);
int verb_restore(int argc, char **argv);
int verb_doctor(int argc, char **argv);
int verb_copy(int argc, char **argv);
int verb_rebuild(int argc, char **argv);
int verb_sequence(int argc, char **argv);
int verb_serve(int argc, char **argv);
int verb_verify(int argc, char **argv);
int verb_segment(int argc, char **argv);
int verb_witness(int argc, char **argv);
int verb_witness_ask(int argc, char **argv);
/* Asks this office's witnesses, if it has any; says on stderr what did not go well. */
void cli_ask_witnesses(struct app *a);
int verb_receipt(int argc, char **argv);
int verb_check_receipt(int argc, char **argv);
int verb_keys(int argc, char **argv);
int verb_lock(int argc, char **argv);
int verb_erase(int argc, char **argv);
int verb_party(int argc, char **argv);
int verb_retain(int argc, char **argv);
int verb_hold(int argc, char **argv);
int verb_account(int argc, char **argv);
int verb_access(int argc, char **argv);
#endif
