/* What officers type, to records: forms of the shipped profile; free text that goes with the persons it is about; orders over many firearms. */
#include "register_help.h"
#include "entry/entry.h"
#include "store/erase.h"
#include "store/store_inner.h"
#include "use/enter_in.h"

static char dir[64];
static struct source src;
static struct store *st;
static struct log lg;
static struct arena arena;

struct typed {
    const char *name, *value;
};

static struct slice value_of(const void *arg, const char *name)
{
    for (const struct typed *t = arg; t->name; t++)
        if (strcmp(t->name, name) == 0)
            return slice_str(t->value);
    return slice_of(NULL, 0);
}

static int begin_test(void **state)
{
    src = (struct source){.drawn = 1, .now = 1700000000000};
    new_dir(dir);
    new_register(dir, &src);
    st = opened(dir, STORE_WRITE);
    arena_init(&arena, 64u << 20);
    return log_open(&lg, st, NULL);
}

static int end_test(void **state)
{
    store_close(st);
    arena_free(&arena);
    drop_dir(dir);
    return 0;
}

static struct entry *read_as(const char *kind, const struct typed *t)
{
    struct entry *x = arena_alloc(&arena, sizeof *x);
    const struct entry_ask ask = {value_of, t};
    const struct profile *p = store_profile(st);
    assert_int_equal(entry_read(&arena, p, profile_kind(p, slice_str(kind)), &ask, ENTRY_ALL, src.now, x), OK);
    return x;
}

static const struct fault *problem(const struct entry *x, const char *field)
{
    for (size_t i = 0; i < x->problem_count; i++)
        if (strcmp(x->problem[i].field, field) == 0)
            return &x->problem[i];
    return NULL;
}

static struct hash enter(const char *kind, const struct typed *t, uint8_t key)
{
    struct entry *x = read_as(kind, t);
    struct fault f = {0};
    struct hash id;
    uint64_t at;
    const struct entry_by by = {subject('a', 1), SLICE("office"), source_clock, source_random, &src};
    src.now += 1000;
    x->key = subject('k', key);
    if (entry_find(st, &arena, source_random, &src, x, &f) || x->problem_count)
        fail_msg("%s: %s %s", kind, x->problem[0].field, x->problem[0].want);
    assert_int_equal(log_begin(&lg, NULL), OK);
    if (entry_write(&lg, &by, x, &id, &at, &f) || log_commit(&lg, &f))
        fail_msg("%s: %s %s", kind, f.field, f.value);
    derive(st);
    return id;
}

static void open_record(const struct hash *id, unsigned show, struct event *out, struct record *r)
{
    struct slice bytes;
    uint64_t at;
    int64_t received;
    bool found;
    assert_int_equal(store_find(st, id, &at, &found, NULL), OK);
    assert_true(found);
    assert_int_equal(store_read(st, &arena, at, &bytes, &received, NULL), OK);
    assert_int_equal(record_parse(bytes, r), OK);
    assert_int_equal(store_event(st, &arena, bytes, at, received, show, out, NULL, NULL), OK);
}

#define SEIZED {"mark", "AB?12"}, {"make", "Taurus"}, {"happened", "2023-05"}, {"place", "Port"}, {"with", "Ola Nu"}, {"with_document", "N-1"}, \
    {"witness", "Rut Sand"}, {"circumstances", "Ola ran; Rut saw it"}, {"opinion", "Ola lied"}, {"purpose", "inspection"}

static void what_is_typed_wrong_is_named_with_its_value(void **state)
{
    const struct typed bad[] = {{"mark", "unknown"}, {"make", "Taurus"}, {"year", "19x1"}, {"happened", "2099"}, {"how", "STOLEN"}, {"purpose", "curiosity"}, {0}};
    struct entry *x = read_as("registered", bad);
    assert_string_equal(problem(x, "year")->value, "19x1");
    assert_int_equal(problem(x, "happened")->code, ERR_RANGE);
    assert_int_equal(problem(x, "how")->code, ERR_UNKNOWN_CODE);
    assert_int_equal(problem(x, "purpose")->code, ERR_UNKNOWN_CODE);
    assert_int_equal(problem(x, "to")->code, ERR_MISSING);
    for (size_t i = 0; i < x->problem_count; i++)
        assert_true(x->problem[i].want[0]);
    const struct typed order[] = {{"firearm", "F"}, {"happened", "2020-05"}, {"discovered", "2019"}, {"purpose", "licensing"}, {0}};
    assert_int_equal(problem(read_as("lost", order), "discovered")->code, ERR_RANGE);
}

/* What nobody sees makes two numbers of one, and turns what is read: refused with its place, in whatever field. Names keep their joiners. */
static void what_nobody_sees_is_refused_in_its_place(void **state)
{
    const struct typed bad[] = {{"mark", "AB\u202e12"}, {"make", "Tau\u200crus"}, {"model", "P\u2066T"}, {"calibre", "9\u200emm"}, {"permit", "L\u00ad1"},
        {"to", "Ola\nNu"}, {"to_document", "N\u200d1"}, {"to_address", "Main\u2067 Street"}, {"note", "so\u202e it was"}, {"purpose", "licen\u200bsing"}, {0}};
    static const char *const shown[] = {"AB[U+202E]12", "Tau[U+200C]rus", "P[U+2066]T", "9[U+200E]mm", "L[U+00AD]1", "Ola[U+000A]Nu", "N[U+200D]1",
        "Main[U+2067] Street", "so[U+202E] it was", "licen[U+200B]sing"};
    struct entry *x = read_as("registered", bad);
    for (size_t i = 0; bad[i].name; i++) {
        const struct fault *f = problem(x, bad[i].name);
        if (!f)
            fail_msg("%s", bad[i].name);
        assert_string_equal(f->want, "want.no_hidden");
        assert_string_equal(f->value, shown[i]);
    }
    const struct typed good[] = {{"mark", "قق-12"}, {"make", "صنایع\u200cدفاع"}, {"happened", "2020"}, {"to", "علی\u200cرضا"}, {"to_address", "1 Main\nTown"}, {"place", "نجف\u200cآباد"},
        {"note", "A \u2066B\u2069\n\u200fC"}, {"purpose", "licensing"}, {"how", "KNOWN"}, {0}};
    assert_int_equal(read_as("registered", good)->problem_count, 0);
}

static void a_part_of_a_mark_is_partial_and_none_seen_is_an_answer(void **state)
{
    const struct typed part[] = {{"mark", "AB?12"}, {0}}, none[] = {{"mark_state", "NONE_SEEN"}, {0}}, both[] = {{"mark", "AB12"}, {"mark_state", "NONE_SEEN"}, {0}};
    assert_int_equal(read_as("seized", part)->mark.status, MARK_PARTIAL);
    assert_int_equal(read_as("seized", none)->mark.status, MARK_NONE_SEEN);
    assert_int_equal(read_as("seized", none)->mark.serial_count, 0);
    assert_non_null(problem(read_as("seized", both), "mark_state"));
}

static void facts_opinions_and_persons_lie_in_sections_of_their_own(void **state)
{
    const struct typed t[] = {SEIZED, {0}};
    struct event ev;
    struct record r;
    struct hash id = enter("seized", t, 1);
    open_record(&id, SHOW_BODY, &ev, &r);
    assert_int_equal(r.section_count, 5);
    assert_int_equal(r.section[3].kind, SECTION_TEXT);
    assert_int_equal(r.section[4].kind, SECTION_OPINION);
    assert_true(ev.told && !ev.circumstances.n && !ev.opinion.n && !ev.party[0].name.n);
    open_record(&id, SHOW_HOLDERS | SHOW_TEXT, &ev, &r);
    assert_true(ev.circumstances.n && !ev.opinion.n);
    assert_true(!ev.party[0].name.n && !ev.party[1].name.n);
    open_record(&id, SHOW_ALL, &ev, &r);
    assert_true(slice_is(ev.opinion, "Ola lied") && slice_is(ev.party[0].name, "Ola Nu") && slice_is(ev.party[1].name, "Rut Sand"));
}

static void what_was_told_of_two_goes_with_the_first_who_is_erased(void **state)
{
    const struct typed t[] = {SEIZED, {0}};
    struct event ev;
    struct record r;
    struct hash id = enter("seized", t, 1);
    open_record(&id, SHOW_ALL, &ev, &r);
    struct key_erased who = {.party = ev.party[1].id};
    uint8_t key[SEAL_KEY];
    assert_int_equal(keys_person(store_key_store(st), &who.party, key), OK);
    key_mark(key, who.mark);
    assert_int_equal(keys_erase(store_key_store(st), &who, 1, NULL), OK);
    open_record(&id, SHOW_ALL, &ev, &r);
    assert_true(slice_is(ev.party[0].name, "Ola Nu") && !ev.party[1].name.n);
    assert_true(ev.told && !ev.circumstances.n && !ev.opinion.n);
}

static void a_number_of_a_document_is_the_same_person_and_a_claim_is_found_again(void **state)
{
    const struct typed one[] = {{"party", "Bo Lind"}, {"party_document", "SE-1 22"}, {"purpose", "licensing"}, {0}},
                       two[] = {{"party", "B. Lind"}, {"party_document", "se122"}, {"purpose", "licensing"}, {0}};
    struct event a, b;
    struct record r;
    struct hash first = enter("party_recorded", one, 1), second = enter("party_recorded", two, 2), known;
    uint8_t claim[16], digest[16];
    bool found;
    open_record(&first, SHOW_ALL, &a, &r);
    open_record(&second, SHOW_ALL, &b, &r);
    assert_true(subject_eq(&a.party[0].id, &b.party[0].id));
    assert_true(slice_is(b.party[0].name, "B. Lind"));
    entry_claim(store_keys(st), &(struct subject_id){{'a', 1}}, &(struct subject_id){{'k', 2}}, claim);
    assert_int_equal(entry_known(st, &arena, claim, &known, digest, &found, NULL), OK);
    assert_true(found && hash_eq(&known, &second));
    entry_claim(store_keys(st), &(struct subject_id){{'a', 2}}, &(struct subject_id){{'k', 2}}, claim);
    assert_int_equal(entry_known(st, &arena, claim, &known, digest, &found, NULL), OK);
    assert_false(found); /* another account's */
}

/* 40 firearms are more than one record can name. */
static void an_order_is_over_all_that_he_holds_and_is_lifted_whole(void **state)
{
    char mark[16], hex[65] = "";
    struct subject_id party, permit[4], list = entry_orders();
    struct permit_seen p;
    uint64_t *at;
    size_t n;
    bool found;
    struct event ev;
    struct record r;
    for (uint8_t i = 0; i < 40; i++) {
        snprintf(mark, sizeof mark, "ZZ%u", 100u + i);
        const struct typed t[] = {{"mark", mark}, {"make", "Taurus"}, {"happened", "2020"}, {"how", "KNOWN"}, {"to", "Bo"}, {"to_document", "SE-1"}, {"purpose", "licensing"}, {0}};
        enter("registered", t, i);
    }
    const struct typed grant[] = {{"to", "Bo"}, {"to_document", "SE-1"}, {"permit", "L-1"}, {"happened", "2020"}, {"purpose", "licensing"}, {0}};
    enter("permit_issued", grant, 50);
    const struct typed order[] = {{"party", "Bo"}, {"party_document", "SE-1"}, {"happened", "2021"}, {"case", "PO 1"}, {"purpose", "licensing"}, {0}};
    struct hash id = enter("protection_order", order, 51);
    assert_int_equal(store_document(st, SLICE("SE-1"), &party, 1, &n, NULL), OK);
    assert_int_equal(store_permits_of(st, &party, permit, 4, &n, NULL), OK);
    assert_int_equal(n, 1);
    assert_int_equal(store_permit(st, permit, &p, &found, NULL), OK);
    assert_int_equal(p.state, PERMIT_SUSPENDED);
    assert_int_equal(store_subject_positions(st, &arena, &list, &at, &n, NULL), OK);
    assert_int_equal(n, 2);
    open_record(&id, SHOW_BODY, &ev, &r);
    assert_int_equal(r.h.subject_count, RECORD_SUBJECTS);
    hex_of(id.b, 32, hex);
    const struct typed lift[] = {{"record", hex}, {"happened", "2022"}, {"reason", "court"}, {"purpose", "licensing"}, {0}};
    enter("order_lifted", lift, 52);
    assert_int_equal(store_permit(st, permit, &p, &found, NULL), OK);
    assert_int_equal(p.state, PERMIT_VALID);
    char *before = digests(st);
    assert_int_equal(store_rebuild(st, NULL, NULL), OK);
    char *after = digests(st);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

/* ---- what the time of an answer could tell ---- */

static const struct engine_verbs *verbs_before;
static size_t asked; /* statements that were begun */

static enum err counted_start(struct engine *e, const struct statement *s, const struct value *in, size_t n, struct rows **out, struct fault *f)
{
    asked++;
    return verbs_before->start(e, s, in, n, out, f);
}

/* Statements that the check of a sale costs, by a visitor of these rights. */
static size_t cost_of_check(struct app *app, rights may, const struct typed *t)
{
    const struct visitor who = {.state = VISITOR_OPEN, .rights = may, .names = may & RIGHT_BIT(RIGHT_NAMES) ? NAMES_ALL : NAMES_NONE, .enters = UINT64_MAX, .machine = true,
        .door = "api", .office = "office"};
    const struct people_ask in = {.who = &who, .lang = app->lang, .id = SLICE("sold"), .field = value_of, .form = t};
    struct entering x;
    struct fault f = {0};
    struct enter_index no_mark = {NULL};
    const struct entry_ask ask = {value_of, t};
    struct engine_verbs verbs;
    assert_int_equal(enter_open(&x, app, &in, &f), OK);
    x.profile = store_profile(x.desk->store);
    x.kind = profile_kind(x.profile, SLICE("sold"));
    struct engine *engine = x.desk->store->engine;
    verbs_before = engine->verbs;
    verbs = *verbs_before;
    verbs.start = counted_start;
    engine->verbs = &verbs;
    asked = 0;
    assert_int_equal(entry_read(&x.desk->arena, x.profile, x.kind, &ask, ENTRY_ALL, src.now, x.entry), OK);
    assert_int_equal(store_begin(x.desk->store, &f), OK);
    assert_int_equal(entry_find(x.desk->store, &x.desk->arena, source_random, &src, x.entry, &f), OK);
    if (x.entry->problem_count)
        fail_msg("%s %s", x.entry->problem[0].field, x.entry->problem[0].want);
    assert_int_equal(enter_judge(&x, &no_mark, &f), OK);
    store_rollback(x.desk->store);
    engine->verbs = verbs_before;
    enter_close(&x);
    return asked;
}

/* enter_judge.c, invariant 3. Counted in statements, each of which is a read that would be felt: a number that nobody has costs a machine what one costs that
 * stands under another name, or whose holder is under an order. An officer with the right to names, for whom the record is opened, pays more: so it is seen. */
static void a_check_costs_a_machine_the_same_whoever_is_named(void **state)
{
    struct app *app;
    struct event ev;
    struct record r;
    char gun[33] = "", where[96];
    const struct typed made[] = {{"mark", "AB12"}, {"make", "Taurus"}, {"happened", "2020"}, {"how", "KNOWN"}, {"to", "Ann Berg"}, {"to_document", "H-1"}, {"purpose", "licensing"}, {0}};
    const struct typed other[] = {{"mark", "AB13"}, {"make", "Taurus"}, {"happened", "2020"}, {"how", "KNOWN"}, {"to", "Bo Lind"}, {"to_document", "H-2"}, {"purpose", "licensing"}, {0}};
    const struct typed order[] = {{"party", "Bo Lind"}, {"party_document", "H-2"}, {"happened", "2021"}, {"case", "PO-1"}, {"purpose", "licensing"}, {0}};
    struct hash id = enter("registered", made, 1);
    enter("registered", other, 2);
    enter("protection_order", order, 3);
    open_record(&id, SHOW_BODY, &ev, &r);
    hex_of(r.h.subject[0].id.b, 16, gun);
    snprintf(where, sizeof where, "%s", store_dir(st));
    assert_int_equal(app_open(where, &app, NULL), OK);
    rights machine = RIGHT_BIT(RIGHT_SEARCH) | RIGHT_BIT(RIGHT_ENTER), officer = machine | RIGHT_BIT(RIGHT_NAMES);
    size_t cost[3], officers[3];
    static const char *const numbers[] = {"H-999", "H-1", "H-2"}; /* nobody's; another name's; of one under an order */
    for (int warm = 0; warm < 2; warm++)
        for (size_t i = 0; i < 3; i++) {
            const struct typed sale[] = {{"firearm", gun}, {"happened", "2022"}, {"from_who", "unknown"}, {"to", "Cy Dahl"}, {"to_document", numbers[i]}, {"purpose", "licensing"}, {0}};
            cost[i] = cost_of_check(app, machine, sale);
            officers[i] = cost_of_check(app, officer, sale);
        }
    app_close(app);
    assert_true(cost[0] > 0 && officers[1] > officers[0]);
    assert_int_equal(cost[1], cost[0]);
    assert_int_equal(cost[2], cost[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(what_is_typed_wrong_is_named_with_its_value, begin_test, end_test),
        cmocka_unit_test_setup_teardown(what_nobody_sees_is_refused_in_its_place, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_part_of_a_mark_is_partial_and_none_seen_is_an_answer, begin_test, end_test),
        cmocka_unit_test_setup_teardown(facts_opinions_and_persons_lie_in_sections_of_their_own, begin_test, end_test),
        cmocka_unit_test_setup_teardown(what_was_told_of_two_goes_with_the_first_who_is_erased, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_number_of_a_document_is_the_same_person_and_a_claim_is_found_again, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_check_costs_a_machine_the_same_whoever_is_named, begin_test, end_test),
        cmocka_unit_test_setup_teardown(an_order_is_over_all_that_he_holds_and_is_lifted_whole, begin_test, end_test)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
