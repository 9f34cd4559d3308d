/* What the database knows of erasing: which keys an erasure record that is committed still has to destroy, and the blind index of
 * document numbers, whose rows go with the person. The keys themselves: keys/keys.h. */
#ifndef STORE_ERASE_H
#define STORE_ERASE_H
#include "store/store.h"

/* Within the transaction that commits their erasure records: these keys are to be destroyed, these persons' numbers are gone. A crash
 * after the commit is made good by the next who writes (store_heal). */
enum err store_erasing(struct store *s, const struct key_erased *who, size_t n, struct fault *f);
/* Does what is still to be done: keys destroyed, overwritten pages out of the write-ahead log. Nothing to do: OK. */
enum err store_erase_finish(struct store *s, struct fault *f);

/* Firearms that the party holds or held, and its permits: at most max of each. */
enum err store_party_subjects(struct store *s, struct arena *a, const struct subject_id *party, struct subject_id **out, size_t *n, struct fault *f);

/* Permits of which he is the holder, whatever their state; at most max. */
enum err store_permits_of(struct store *s, const struct subject_id *party, struct subject_id *out, size_t max, size_t *n, struct fault *f);

/* What the party held or holds, by firearm and role; at most max. */
struct holding_seen {
    struct subject_id subject;
    uint8_t role; /* 1 owner 2 possessor 3 custodian 4 found with */
    bool current;
    int64_t since; /* TIME_UNKNOWN */
};
enum err store_holdings(struct store *s, const struct subject_id *party, struct holding_seen *out, size_t max, size_t *n, struct fault *f);

/* Everybody who holds a firearm now as owner or possessor, by party; until fn returns an error. No other question to the store meanwhile. */
enum err store_each_holder(struct store *s, enum err (*fn)(void *arg, const struct subject_id *party, const struct subject_id *subject), void *arg,
    struct fault *f);

/* ---- document numbers ---- */
struct document_row {
    uint8_t token[16];
    struct subject_id party;
};
#define DOCUMENT_MAX 256 /* bytes; a longer one is not indexed */
/* Folded: letters and digits alone, as upper case ASCII where they are, so that "ab-12 34" and "AB1234" are one. false when nothing is
 * left or it is too long. */
bool document_token(const uint8_t blind[SEAL_KEY], struct slice number, uint8_t out[16]);
bool document_token_ready(const struct hash_key *blind, struct slice number, uint8_t out[16]); /* for many under one key */
/* Sorts the rows and adds those that are not there, in the caller's transaction. */
enum err store_documents_add(struct store *s, struct document_row *rows, size_t n, struct fault *f);
/* The same for a mass of rows, group after group: they may wait for their places in the table (schema/sqlite-004.sql), and are found meanwhile.
 * What one call adds is a run; a question looks into each. */
enum err store_documents_wait(struct store *s, struct document_row *rows, size_t n, struct fault *f);
#define DOCUMENTS_WAITING (1u << 20) /* rows after which they are moved to their places; */
#define DOCUMENTS_RUNS 256           /* and runs, each of which a question pays for with some 2 microseconds */
/* In a transaction of its own: those that wait are moved. None: OK at once. */
enum err store_documents_settle(struct store *s, struct fault *f);
/* All rows, those that wait among them, in the order of token and party; until fn returns an error. No other question to the store meanwhile. */
enum err store_each_document(struct store *s, enum err (*fn)(void *arg, const struct document_row *row, struct fault *f), void *arg, struct fault *f);
enum err store_documents_count(struct store *s, uint64_t *out, struct fault *f);
enum err store_document(struct store *s, struct slice number, struct subject_id *out, size_t max, size_t *n, struct fault *f);
#endif
