/* The fold of an item's life: what the register must answer for lives that anyone can follow by hand. */
#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include "scenario/life.h"

static int order(const void *a, const void *b)
{
    return event_order(*(const struct event *const *)a, *(const struct event *const *)b);
}

/* Folds the events given as JSON, after shuffling them by `seed`. */
static struct item_state fold_shuffled(struct life *l, unsigned seed)
{
    const struct event *sorted[64];
    struct event copy[64];
    struct item_state s;
    memcpy(copy, l->event, l->count * sizeof *copy);
    for (size_t i = l->count; i > 1; i--) {
        seed = seed * 1103515245u + 12345u;
        size_t j = (seed >> 16) % i;
        struct event t = copy[i - 1];
        copy[i - 1] = copy[j];
        copy[j] = t;
    }
    events_strike(copy, l->count);
    for (size_t i = 0; i < l->count; i++)
        sorted[i] = &copy[i];
    qsort(sorted, l->count, sizeof *sorted, order);
    item_fold(sorted, l->count, &s);
    return s;
}

static bool owned_by(const struct item_state *s, const char *name)
{
    struct party_ref p = life_party("", slice_str(name));
    return subject_eq(&s->owner, &p.id);
}

static struct item_state fold(const char *events)
{
    struct life l;
    char text[8192];
    json_error_t at;
    snprintf(text, sizeof text, "{\"events\": %s}", events);
    json_t *root = json_loads(text, 0, &at);
    if (!root)
        fail_msg("%s at line %d", at.text, at.line);
    life_open(&l, root);
    struct item_state first = fold_shuffled(&l, 1);
    for (unsigned seed = 2; seed < 40; seed++) { /* a function of the set */
        struct item_state s = fold_shuffled(&l, seed);
        assert_int_equal(s.status, first.status);
        assert_int_equal(s.contradictions, first.contradictions);
        assert_memory_equal(&s.owner, &first.owner, sizeof s.owner);
        assert_memory_equal(&s.custodian, &first.custodian, sizeof s.custodian);
        assert_memory_equal(&s.status_record, &first.status_record, sizeof s.status_record);
    }
    first.description = (struct item_description){0};
    life_close(&l);
    return first;
}

#define MADE "{\"kind\":\"registered\",\"how\":\"MADE\",\"happened\":\"1991\",\"to\":\"MAKER Taurus\"}"
#define SOLD(id, day, from, to) "{\"id\":\"" id "\",\"kind\":\"sold\",\"happened\":\"" day "\",\"from\":\"" from "\",\"to\":\"" to "\"}"

static void chain_of_sales(void **state)
{
    struct item_state s = fold("[" MADE "," SOLD("a", "1992-02-01", "MAKER Taurus", "DEALER Loja") "," SOLD("b", "1993", "DEALER Loja", "Ana") "]");
    assert_int_equal(s.status, STATUS_LICIT);
    assert_true(owned_by(&s, "Ana"));
    assert_int_equal(s.contradictions, 0);
    assert_int_equal(s.records, 3);
    assert_int_equal(s.first_happened, time_from_civil(1991, 1, 1));
    assert_int_equal(s.last_happened, time_from_civil(1993, 1, 1));
}

/* Three sales of one year in any order of record: the order in which each giver had it explains them. */
static void open_order_makes_no_contradiction(void **state)
{
    struct item_state s = fold("[" SOLD("z", "1995", "Bia", "Caio") "," SOLD("y", "1995", "Ana", "Bia") "," SOLD("x", "1995-06-01", "DEALER Loja", "Ana") "," MADE "]");
    assert_true(owned_by(&s, "Caio"));
    assert_int_equal(s.contradictions, 0); /* that maker to Loja is missing is ordinary */
}

static void sale_by_a_stranger(void **state)
{
    struct item_state s = fold("[{\"kind\":\"registered\",\"happened\":\"2000-01-01\",\"to\":\"Ana\"}," SOLD("a", "2005-01-01", "Bia", "Caio") "]");
    assert_int_equal(s.contradictions, 1);
    assert_true(owned_by(&s, "Caio"));
}

static void registered_again(void **state)
{
    struct item_state s = fold("[{\"kind\":\"registered\",\"happened\":\"2000-01-01\",\"to\":\"Ana\"},"
        "{\"kind\":\"registered\",\"happened\":\"2010-01-01\"},{\"kind\":\"seized\",\"happened\":\"2010-01-01\",\"custodian\":\"POLICE 4th\"},"
        "{\"kind\":\"registered\",\"happened\":\"2012-01-01\",\"to\":\"Ana\"},{\"kind\":\"seized\",\"happened\":\"2012-01-01\"}]");
    assert_int_equal(s.contradictions, 0);
    assert_int_equal(s.status, STATUS_SEIZED);
    assert_true(owned_by(&s, "Ana"));
    assert_true(s.state_hands);
}

static void two_registered_owners(void **state)
{
    struct item_state s = fold("[{\"kind\":\"registered\",\"happened\":\"2000-01-01\",\"to\":\"Ana\"},"
        "{\"kind\":\"registered\",\"happened\":\"2010-01-01\",\"to\":\"Bia\"}]");
    assert_int_equal(s.contradictions, 1);
    assert_true(owned_by(&s, "Bia"));
    s = fold("[{\"kind\":\"registered\",\"happened\":\"2000-01-01\",\"to\":\"DEALER Loja\"},"
        "{\"kind\":\"registered\",\"happened\":\"2010-01-01\",\"to\":\"Bia\"}]"); /* a sale that was not reported */
    assert_int_equal(s.contradictions, 0);
}

static void destroyed_and_seen(void **state)
{
    struct item_state s = fold("[{\"kind\":\"seized\",\"happened\":\"2015-03-02\"},{\"kind\":\"destroyed\",\"happened\":\"2015\"}]");
    assert_int_equal(s.contradictions, 0); /* within its year: seizure first */
    assert_int_equal(s.status, STATUS_DESTROYED);
    s = fold("[{\"kind\":\"seized\",\"happened\":\"2016-03-02\"},{\"kind\":\"destroyed\",\"happened\":\"2015\"}]");
    assert_int_equal(s.contradictions, 1);
}

static void corrections(void **state)
{
    struct item_state s = fold("[{\"id\":\"r\",\"kind\":\"registered\",\"happened\":\"2000-01-01\",\"to\":\"Ana\"},"
        "{\"id\":\"s\",\"kind\":\"stolen\",\"happened\":\"2001-01-01\"},{\"id\":\"c\",\"kind\":\"cancelled\",\"happened\":\"2001-01-03\",\"supersedes\":\"s\"}]");
    assert_int_equal(s.status, STATUS_LICIT);
    assert_int_equal(s.records, 2);
    s = fold("[{\"id\":\"r\",\"kind\":\"registered\",\"happened\":\"2000-01-01\",\"to\":\"Ana\",\"item\":{\"make\":\"ROSSI\"}},"
        "{\"id\":\"c\",\"kind\":\"corrected\",\"supersedes\":\"r\",\"item\":{\"make\":\"TAURUS\"}}]");
    assert_true(owned_by(&s, "Ana")); /* the make was corrected, not the owner */
    assert_int_equal(s.first_happened, time_from_civil(2000, 1, 1));
    /* a correction of a correction: the first record stays struck */
    s = fold("[{\"id\":\"a\",\"kind\":\"registered\",\"happened\":\"2000\",\"to\":\"Ana\"},"
        "{\"id\":\"b\",\"kind\":\"registered\",\"happened\":\"2000\",\"to\":\"Bia\",\"supersedes\":\"a\"},"
        "{\"id\":\"c\",\"kind\":\"registered\",\"happened\":\"2000\",\"to\":\"Caio\",\"supersedes\":\"b\"}]");
    assert_true(owned_by(&s, "Caio"));
    assert_int_equal(s.contradictions, 0);
}

static void loan_and_theft(void **state)
{
    struct item_state s = fold("[{\"kind\":\"registered\",\"happened\":\"2000\",\"to\":\"Ana\"},"
        "{\"kind\":\"loaned\",\"happened\":\"2001-01-01\",\"from\":\"Ana\",\"to\":\"Bia\"}]");
    struct party_ref bia = life_party("", SLICE("Bia"));
    assert_true(subject_eq(&s.possessor, &bia.id));
    assert_true(owned_by(&s, "Ana"));
    assert_int_equal(s.contradictions, 0);
    s = fold("[{\"kind\":\"registered\",\"happened\":\"2000\",\"to\":\"Ana\"},{\"kind\":\"stolen\",\"happened\":\"2003\"},"
        "{\"kind\":\"recovered\",\"happened\":\"2003-09-09\",\"with\":\"Zed\",\"custodian\":\"POLICE 4th\"}]");
    assert_int_equal(s.status, STATUS_RECOVERED);
    assert_true(owned_by(&s, "Ana")); /* a victim stays owner */
    assert_int_equal(s.contradictions, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(chain_of_sales), cmocka_unit_test(open_order_makes_no_contradiction),
        cmocka_unit_test(sale_by_a_stranger), cmocka_unit_test(registered_again), cmocka_unit_test(two_registered_owners),
        cmocka_unit_test(destroyed_and_seen), cmocka_unit_test(corrections), cmocka_unit_test(loan_and_theft)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
