/* Use case: a data directory and its machine looked at the way an auditor of the installation would: who can read what, who can sign in, what would
 * be lost if the disk died now. Changes nothing; each thing that is found has its severity, why it matters and what to do, as message keys
 * doctor.ID, doctor_why.ID and doctor_do.ID. */
#ifndef USE_DOCTOR_H
#define USE_DOCTOR_H
#include "use/app.h"

/* note: worth knowing. warn: should be changed. bad: data or secrets are in danger now. */
enum doctor_severity { DOCTOR_NOTE, DOCTOR_WARN, DOCTOR_BAD };
/* id, severity. A message has {text} and {n}. */
#define DOCTOR_TABLE(X)                                                                                              \
    X(DIR_OPEN, "dir_open", DOCTOR_BAD)               /* others of this computer may enter DIR */                       \
    X(FILE_OPEN, "file_open", DOCTOR_BAD)             /* others may read or write a file of secrets */                  \
    X(OTHER_OWNER, "other_owner", DOCTOR_WARN)        /* a file is not its owner's */                                   \
    X(AS_ROOT, "as_root", DOCTOR_NOTE)                                                                                  \
    X(CANNOT_OPEN, "cannot_open", DOCTOR_BAD)         /* the register cannot be read */                                 \
    X(MASTER_BESIDE, "master_beside", DOCTOR_WARN)    /* what opens the keys lies beside them */                        \
    X(NO_QUORUM, "no_quorum", DOCTOR_WARN)            /* nothing but one thing opens the keys; athar lock is refused */ \
    X(LOCKED, "locked", DOCTOR_NOTE)                                                                                    \
    X(KEYS_DAMAGED, "keys_damaged", DOCTOR_BAD)       /* a key does not open */                                         \
    X(OLD_KEYS, "old_keys", DOCTOR_WARN)              /* a key file of version 1 */                                     \
    X(OPEN_TO_ALL, "open_to_all", DOCTOR_WARN)        /* no account: served to the whole computer */                    \
    X(ONE_ADMINISTRATOR, "one_administrator", DOCTOR_WARN)                                                              \
    X(NO_FACTOR, "no_factor", DOCTOR_WARN)            /* accounts with weighty rights and a password alone */           \
    X(NO_REVIEWER, "no_reviewer", DOCTOR_WARN)        /* nobody sees who looked at whom */                              \
    X(CLOCK_BEHIND, "clock_behind", DOCTOR_BAD)       /* the log has records of later than now */                       \
    X(CLOCK_UNSYNCED, "clock_unsynced", DOCTOR_WARN)                                                                    \
    X(DISK_FULL, "disk_full", DOCTOR_BAD)                                                                               \
    X(DISK_SMALL, "disk_small", DOCTOR_WARN)          /* a rebuild or restore would not fit */                          \
    X(NETWORK_DISK, "network_disk", DOCTOR_BAD)       /* locks and maps of SQLite do not hold there */                  \
    X(MEMORY_DISK, "memory_disk", DOCTOR_BAD)                                                                           \
    X(JOURNAL, "journal", DOCTOR_BAD)                 /* the database is not in the mode that it was made with */       \
    X(SERVER_FSYNC, "server_fsync", DOCTOR_BAD)       /* PostgreSQL does not bring commits to the disk */               \
    X(LOG_BEHIND, "log_behind", DOCTOR_WARN)          /* records that no checkpoint names */                            \
    X(LOG_KEY, "log_key", DOCTOR_BAD)                 /* missing, or the checkpoint is another's */                     \
    X(DERIVED_AHEAD, "derived_ahead", DOCTOR_WARN)    /* tables of a longer log */                                      \
    X(DERIVED_TERMS, "derived_terms", DOCTOR_WARN)    /* tables made with other terms than this program's */             \
    X(DERIVED_BEHIND, "derived_behind", DOCTOR_NOTE)                                                                    \
    X(NO_WITNESS, "no_witness", DOCTOR_WARN)                                                                            \
    X(ONE_WITNESS, "one_witness", DOCTOR_NOTE)                                                                          \
    X(WITNESS_OLD, "witness_old", DOCTOR_WARN)        /* has not cosigned for a day what there is */                    \
    X(NO_BACKUP, "no_backup", DOCTOR_BAD)                                                                               \
    X(BACKUP_OLD, "backup_old", DOCTOR_WARN)                                                                            \
    X(NO_KEYS_BACKUP, "no_keys_backup", DOCTOR_BAD)                                                                     \
    X(KEYS_BACKUP_OLD, "keys_backup_old", DOCTOR_WARN) /* expires within a week */                                      \
    X(LEFT_ASIDE, "left_aside", DOCTOR_WARN)          /* an earlier directory, with keys of persons who are erased */   \
    X(REJECTS, "rejects", DOCTOR_NOTE)                /* rows with names in the clear */                                \
    X(SWAP, "swap", DOCTOR_WARN)                      /* memory with keys and names may be written to a disk */         \
    X(CORE_DUMPS, "core_dumps", DOCTOR_WARN)                                                                            \
    X(OLD_SQLITE, "old_sqlite", DOCTOR_BAD)                                                                             \
    X(CERTIFICATE, "certificate", DOCTOR_BAD)         /* cannot be read, or has expired */                              \
    X(CERTIFICATE_SOON, "certificate_soon", DOCTOR_WARN) /* expires within 30 days */                                   \
    X(TLS_KEY_OPEN, "tls_key_open", DOCTOR_BAD)

enum doctor_what {
#define DOCTOR_ENUM(what, id, severity) DOCTOR_##what,
    DOCTOR_TABLE(DOCTOR_ENUM)
#undef DOCTOR_ENUM
        DOCTOR_COUNT
};
const char *doctor_id(enum doctor_what what);
enum doctor_severity doctor_severity(enum doctor_what what);

struct use_doctor_in {
    const char *tls_cert, *tls_key; /* as the server gets them; NULL: none */
    void (*found)(void *arg, enum doctor_what what, const char *text, int64_t n);
    void *arg;
};
struct use_doctor_out {
    unsigned found[DOCTOR_BAD + 1]; /* by severity */
    char versions[256];             /* of the libraries that run */
};
/* OK always, but for ERR_NOT_FOUND: there is no register in the directory. */
enum err use_doctor(struct app *app, const struct use_doctor_in *in, struct use_doctor_out *out, struct fault *f);
#endif
