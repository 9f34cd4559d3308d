/* athar: one program, its verbs a table. */
#include "cli/cli.h"
#include "cli/verb_sample.h"
#include <signal.h>
#include "base/banned.h"

static const struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *does;
} verbs[] = {
    {"init", verb_init, "make a new register"},
    {"import", verb_import, "read a table into it"},
    {"search", verb_search, "find a firearm by what can still be read"},
    {"trace", verb_trace, "show a firearm's life and its last lawful holder"},
    {"marks", verb_marks, "read what police files say of a mark"},
    {"ballistics", verb_ballistics, "read and compare surfaces of cartridge cases and bullets"},
    {"account", verb_account, "make and change accounts of those who use the pages"},
    {"access", verb_access, "the log of who read whose names: verify, prune, totals"},
    {"serve", verb_serve, "serve the pages and the API"},
    {"party", verb_party, "find a person by name or document number"},
    {"keys", verb_keys, "what opens the register: master, shares, backup"},
    {"lock", verb_lock, "make it unreadable at once; a quorum of shares opens it again"},
    {"erase", verb_erase, "destroy a person's key: what is said of him is gone for good"},
    {"hold", verb_hold, "a legal hold, which keeps persons from being erased"},
    {"retain", verb_retain, "whose data have outlived the retention rules"},
    {"rebuild", verb_rebuild, "make all derived tables and the index anew from the records"},
    {"receipt", verb_receipt, "the proof that a record stands in the log"},
    {"check-receipt", verb_check_receipt, "does such a proof hold; needs no register"},
    {"witness", verb_witness, "watch other offices' logs and cosign them"},
    {"witness-ask", verb_witness_ask, "have this office's log cosigned"},
    {"verify", verb_verify, "is the register what it was: bytes, tree, signatures, derived tables"},
    {"segment", verb_segment, "an office's log as files: export, import"},
    {"sequence", verb_sequence, "give what several writers of one database commit its places in the log"},
    {"backup", verb_backup, "copy what is new into a backup, beside a running server"},
    {"restore", verb_restore, "verify a backup and make a register of it"},
    {"clock", verb_clock, "record that the clock was ahead, so that the log can go on"},
    {"doctor", verb_doctor, "what is wrong with this installation, and what to do about it"},
    {"copy", verb_copy, "copy the register to another directory or database"},
    {"sample", verb_sample, "write an invented national register"},
};
#define VERBS (sizeof verbs / sizeof verbs[0])

static int help(FILE *to)
{
    fputs("Athar: every firearm's whole life on record, traced from whatever can still be read on it.\n\nusage: athar VERB ...\n\n", to);
    for (size_t i = 0; i < VERBS; i++)
        fprintf(to, "  %-13s  %s\n", verbs[i].name, verbs[i].does);
    fputs("\n`athar VERB --help` says more. Exit: 0 done, 1 refused and nothing changed, 2 wrong use.\n", to);
    return to == stdout ? EXIT_DONE : EXIT_WRONG_USE;
}

static int lost_output(void)
{
    fputs("athar: standard output could not be written; what was to be said is lost.\n", stderr);
    return EXIT_REFUSED;
}

int main(int argc, char **argv)
{
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is an error that can be named, not a death */
    if (argc < 2)
        return help(stderr);
    if (strcmp(argv[1], "--version") == 0)
        return puts("athar 0.1.0") < 0;
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return help(stdout);
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) {
            int code = verbs[i].run(argc - 1, argv + 1);
            return fflush(stdout) || ferror(stdout) ? lost_output() : code;
        }
    fprintf(stderr, "athar: there is no verb '%s'\n\n", argv[1]);
    return help(stderr);
}
