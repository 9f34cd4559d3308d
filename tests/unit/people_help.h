/* For tests of people: a register in which acts are recorded, and the people of it. Beside register_help.h. */
#ifndef TESTS_PEOPLE_HELP_H
#define TESTS_PEOPLE_HELP_H
#include "register_help.h"
#include "people/people.h"

/* An empty register in a directory of its own. */
static inline void begin_register(char dir[64], struct source *src)
{
    *src = (struct source){.drawn = 1, .now = 1700000000000};
    new_dir(dir);
    new_register(dir, src);
}

/* By the store and log that the test holds for writing. */
static inline struct hash record_act(struct store *store, struct log *log, struct source *src, const struct act *a)
{
    struct act_source s = {source_clock, source_random, src};
    struct hash id;
    struct fault f = {0};
    assert_int_equal(log_begin(log, NULL), OK);
    if (act_append(log, &s, a, &id, &f))
        fail_msg("act: %s %s", f.field, f.value);
    assert_int_equal(log_commit(log, NULL), OK);
    derive(store);
    return id;
}

/* By a writer of its own, beside the test's reader. */
static inline struct hash record_act_beside(const char *dir, struct source *src, const struct act *a)
{
    struct log log;
    struct store *w = opened(dir, STORE_WRITE);
    assert_int_equal(log_open(&log, w, NULL), OK);
    struct hash id = record_act(w, &log, src, a);
    store_close(w);
    return id;
}

/* Their roster is as the store is now. */
static inline int begin_people(const char *dir, struct source *src, struct store *store, struct people **out)
{
    struct people_config c = {dir, store_keys(store), &store_profile(store)->people, {source_clock, source_random, src}};
    enum err e = people_open(&c, out, NULL);
    return e ? (int)e : (int)people_refresh(*out, store, NULL);
}

/* Its first bytes are the login. */
static inline struct subject_id account_id(const char *login)
{
    struct subject_id id = {{0}};
    snprintf((char *)id.b, sizeof id.b, "%s", login);
    return id;
}
#endif
