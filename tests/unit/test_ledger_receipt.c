/* Receipts: both forms carry the same, hold for their record and for nothing else, and are refused when a byte is altered. */
#include "ledger/receipt.h"
#include "ledger/tree.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

struct world {
    struct sign_key log, witness;
    struct note_key keys[2]; /* the log's, the witness's */
    struct hash level[64];
    struct buf note;
    struct arena a;
};

static struct hash leaf(uint64_t index)
{
    return hash_of(&index, sizeof index);
}

/* Every leaf another. */
static enum err small_node(void *arg, unsigned level, uint64_t index, struct hash *out)
{
    struct hash l, r;
    if (level) {
        small_node(arg, level - 1, 2 * index, &l);
        small_node(arg, level - 1, 2 * index + 1, &r);
    }
    *out = level ? hash_node(&l, &r) : leaf(index);
    return OK;
}

/* All leaves alike: a subtree's root depends on its level alone, so that a log can be as large as it likes. */
static enum err large_node(void *arg, unsigned level, uint64_t index, struct hash *out)
{
    *out = ((const struct hash *)arg)[level];
    return OK;
}

static void make(struct world *w, const char *origin, uint64_t at, uint64_t size, bool cosigned, struct receipt *r)
{
    static const uint8_t one[SIGN_SEED] = {1}, two[SIGN_SEED] = {2};
    struct checkpoint c = {.origin = slice_str(origin), .size = size};
    struct buf text;
    proof_node node = size > 1000 ? large_node : small_node;
    arena_init(&w->a, 1u << 22);
    sign_key_of(one, &w->log);
    sign_key_of(two, &w->witness);
    assert_int_equal(note_key_of(origin, NOTE_ED25519, w->log.pub, &w->keys[0]), OK);
    assert_int_equal(note_key_of("witness.example/capital", NOTE_COSIGNATURE, w->witness.pub, &w->keys[1]), OK);
    w->level[0] = tree_leaf(SLICE("x"));
    for (int i = 1; i < 64; i++)
        w->level[i] = hash_node(&w->level[i - 1], &w->level[i - 1]);
    buf_init(&text, NOTE_MAX);
    buf_init(&w->note, NOTE_MAX);
    assert_int_equal(proof_root(size, node, w->level, &c.root), OK);
    checkpoint_write(&c, &text);
    assert_int_equal(note_sign(buf_view(&text), &w->keys[0], &w->log, &w->note), OK);
    if (cosigned)
        assert_int_equal(note_cosign(buf_view(&text), &w->keys[1], &w->witness, 1700000000, &w->note), OK);
    *r = (struct receipt){.note = buf_view(&w->note), .position = at, .record = size > 1000 ? w->level[0] : leaf(at)};
    assert_int_equal(proof_inclusion(at, size, node, w->level, &r->proof), OK);
    buf_free(&text);
}

static void drop(struct world *w)
{
    buf_free(&w->note);
    arena_free(&w->a);
}

static void same(const struct receipt *a, const struct receipt *b)
{
    assert_true(slice_eq(a->note, b->note) && a->position == b->position && hash_eq(&a->record, &b->record) && a->proof.n == b->proof.n);
    assert_memory_equal(a->proof.hash, b->proof.hash, a->proof.n * sizeof *a->proof.hash);
}

static void both_forms_carry_it(void **state)
{
    static const uint64_t sizes[] = {1, 2, 3, 257, 10000000, (uint64_t)1 << 30, ((uint64_t)1 << 53) - 1};
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        struct world w;
        struct receipt r, back;
        struct buf out;
        struct note_found found;
        struct checkpoint c;
        uint64_t size = sizes[i / 2];
        make(&w, "register.example/north", size / 3, size, i % 2, &r);
        buf_init(&out, RECEIPT_MAX);
        assert_int_equal(receipt_json(&r, &out), OK);
        assert_int_equal(receipt_parse(&w.a, buf_view(&out), &back), OK);
        same(&r, &back);
        buf_reset(&out);
        assert_int_equal(receipt_line(&r, &out), OK);
        assert_true(out.n < 2335 || size > (uint64_t)1 << 40); /* letters and digits that the largest DataMatrix holds (ISO/IEC 16022 table 7) */
        assert_true(strspn(out.p, " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == out.n);
        buf_str(&out, "\r\n");
        assert_int_equal(receipt_parse(&w.a, buf_view(&out), &back), OK);
        same(&r, &back);
        assert_int_equal(receipt_check(&back, w.keys, 2, &found, &c), OK);
        assert_true(found.valid == (i % 2 ? 3 : 1) && found.seconds[1] == (i % 2 ? 1700000000 : 0) && c.size == size);
        buf_free(&out);
        drop(&w);
    }
}

static enum err checked(struct world *w, const struct receipt *r)
{
    struct note_found found;
    struct checkpoint c;
    return receipt_check(r, w->keys, 1, &found, &c);
}

static void it_holds_for_nothing_else(void **state)
{
    struct world w;
    struct receipt r, other;
    make(&w, "register.example/north", 777, 1000, false, &r);
    assert_int_equal(checked(&w, &r), OK);
    other = r;
    other.position ^= 1;
    assert_int_equal(checked(&w, &other), ERR_DAMAGED);
    other = r;
    other.record.b[31] ^= 1;
    assert_int_equal(checked(&w, &other), ERR_DAMAGED);
    other = r;
    other.proof.n--;
    assert_int_equal(checked(&w, &other), ERR_DAMAGED);
    w.keys[0].pub[0] ^= 1;
    assert_int_equal(checked(&w, &r), ERR_KEY);
    w.keys[0].pub[0] ^= 1;
    assert_int_equal(note_key_of("register.example/south", NOTE_ED25519, w.log.pub, &w.keys[0]), OK);
    assert_int_equal(checked(&w, &r), ERR_KEY); /* another office's log */
    drop(&w);
}

/* Whatever byte is altered: it is no receipt any more, or none that holds. */
static void an_altered_byte_never_holds(void **state)
{
    struct world w;
    struct receipt r;
    struct buf form[2];
    make(&w, "register.example/north", 5, 300, true, &r);
    for (int k = 0; k < 2; k++) {
        buf_init(&form[k], RECEIPT_MAX);
        assert_int_equal((k ? receipt_line : receipt_json)(&r, &form[k]), OK);
        for (size_t i = 0; i < form[k].n; i++)
            for (int bit = 0; bit < 8; bit += 3) {
                struct receipt got;
                struct note_found found;
                struct checkpoint c;
                form[k].p[i] ^= (char)(1 << bit);
                if (receipt_parse(&w.a, buf_view(&form[k]), &got) == OK && receipt_check(&got, w.keys, 2, &found, &c) == OK && found.valid == 3)
                    fail_msg("form %d holds with byte %zu altered", k, i);
                form[k].p[i] ^= (char)(1 << bit);
                arena_reset(&w.a);
            }
        buf_free(&form[k]);
    }
    drop(&w);
}

static void cut_or_longer_is_refused(void **state)
{
    struct world w;
    struct receipt r, got;
    struct buf form[2];
    make(&w, "register.example/north", 5, 300, true, &r);
    for (int k = 0; k < 2; k++) {
        buf_init(&form[k], RECEIPT_MAX);
        assert_int_equal((k ? receipt_line : receipt_json)(&r, &form[k]), OK);
        for (size_t n = 0; n < form[k].n; n++, arena_reset(&w.a))
            assert_int_not_equal(receipt_parse(&w.a, slice_of(form[k].p, n), &got), OK);
        buf_str(&form[k], k ? "A" : "{}");
        assert_int_not_equal(receipt_parse(&w.a, buf_view(&form[k]), &got), OK);
        buf_free(&form[k]);
    }
    drop(&w);
}

static void the_longest_origin_fits_a_symbol(void **state)
{
    struct world w;
    struct receipt r;
    struct buf out;
    char origin[97];
    memset(origin, 'a', 96);
    origin[96] = 0;
    make(&w, origin, 5, 10000000, true, &r);
    buf_init(&out, RECEIPT_MAX);
    assert_int_equal(receipt_line(&r, &out), OK);
    assert_true(out.n < 2335);
    buf_free(&out);
    drop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_forms_carry_it), cmocka_unit_test(it_holds_for_nothing_else),
        cmocka_unit_test(an_altered_byte_never_holds), cmocka_unit_test(cut_or_longer_is_refused), cmocka_unit_test(the_longest_origin_fits_a_symbol)};
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
