/* Publishing a log to a folder: after every group the files are those that the specification names for that size, with the
 * hashes that the leaves give by definition; a folder that lags, lost files or does not fit is brought up, made anew or refused. */
#include "ledger/publish.h"
#include "base/arena.h"
#include "base/file.h"
#include "ledger/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define RECORDS 66600 /* past one tile of level 1 */

struct world {
    char dir[64];
    struct log_key key;
    struct tree tree; /* of the records that are committed */
    uint64_t reads;   /* records that were read again */
    uint64_t other;   /* this record is another one; RECORDS = none */
};
static struct world w;

static struct slice record(uint64_t i, char out[64])
{
    int n = snprintf(out, 64, "record %llu%.*s", (unsigned long long)i, (int)(i % 30), "..............................");
    if (i == w.other)
        out[0] = 'R';
    return slice_of(out, (size_t)n);
}

static struct hash leaf_of(uint64_t i)
{
    char text[64];
    return tree_leaf(record(i, text));
}

static enum err each(void *arg, uint64_t from, uint64_t to, publish_record fn, void *fn_arg, struct fault *f)
{
    enum err e = OK;
    char text[64];
    for (uint64_t i = from; !e && i < to; i++, w.reads++)
        e = fn(fn_arg, record(i, text), f);
    return e;
}

static int begin_test(void **state)
{
    static const uint8_t seed[SIGN_SEED] = {7};
    w = (struct world){.dir = "/tmp/athar-publish-XXXXXX", .other = RECORDS};
    assert_non_null(mkdtemp(w.dir));
    sign_key_of(seed, &w.key.sign);
    return note_key_of("register.example/north", NOTE_ED25519, w.key.sign.pub, &w.key.name);
}

static int end_test(void **state)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", w.dir);
    return system(command);
}

static enum err open_at(uint64_t size, struct publish **p, struct fault *f)
{
    tree_init(&w.tree);
    for (uint64_t i = 0; i < size; i++) {
        struct hash leaf = leaf_of(i);
        tree_append(&w.tree, &leaf);
    }
    const struct publish_log log = {&w.tree, each, NULL};
    w.reads = 0;
    return publish_open(w.dir, &w.key, &log, p, f);
}

static void add(struct publish *p, uint64_t n)
{
    char text[64];
    for (uint64_t i = 0; i < n; i++) {
        struct slice s = record(w.tree.size, text);
        struct hash leaf = tree_leaf(s);
        publish_add(p, s, &leaf);
        tree_append(&w.tree, &leaf);
    }
    publish_commit(p, &w.tree);
}

static bool there(const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", w.dir, name);
    return access(path, F_OK) == 0;
}

static void put_file(const char *name, struct slice bytes)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", w.dir, name);
    assert_int_equal(file_replace(path, bytes, 0600, NULL), OK);
}

static struct checkpoint published(void)
{
    struct buf b;
    struct checkpoint c;
    bool found;
    buf_init(&b, NOTE_MAX);
    assert_int_equal(publish_read(w.dir, "checkpoint", &w.key.name, &b, &c, &found, NULL), OK);
    assert_true(found && slice_is(c.origin, "register.example/north"));
    buf_free(&b);
    return c;
}

/* Hash `i` of a level, from the leaves. */
static struct hash hash_at(unsigned level, uint64_t i)
{
    struct tree t;
    uint64_t n = (uint64_t)1 << 8 * level;
    tree_init(&t);
    for (uint64_t k = i * n; k < (i + 1) * n; k++) {
        struct hash leaf = leaf_of(k);
        tree_append(&t, &leaf);
    }
    return tree_root(&t);
}

static void tile_is_right(unsigned level, uint64_t index, unsigned width)
{
    struct tile_id id = {index, (uint16_t)width, (uint8_t)level};
    struct slice rest, entry;
    struct buf b;
    char text[64], name[TILE_PATH];
    tile_path(&id, name);
    assert_true(there(name));
    buf_init(&b, TILE_BUNDLE_MAX);
    assert_int_equal(tiles_read(w.dir, &id, &b, NULL), OK);
    rest = buf_view(&b);
    if (level == TILE_ENTRIES)
        for (unsigned i = 0; i < width; i++)
            assert_true(tile_entry(&rest, &entry) && slice_eq(entry, record(index * 256 + i, text)));
    else {
        assert_int_equal(b.n, 32 * width);
        for (unsigned i = 0; i < width; i += level ? 1 : 85) {
            struct hash want = hash_at(level, index * 256 + i);
            assert_memory_equal(b.p + 32 * i, want.b, 32);
        }
    }
    buf_free(&b);
}

static void folder_is_right(uint64_t size)
{
    struct checkpoint c = published();
    struct hash root = tree_root(&w.tree);
    assert_true(c.size == size && w.tree.size == size && hash_eq(&c.root, &root));
    for (unsigned level = 0; level <= TILE_ENTRIES; level++) {
        uint64_t step = size > 5000 ? 97 : 1;
        for (uint64_t i = 0; tile_width(level, i, size); i += tile_width(level, i + step, size) ? step : 1)
            tile_is_right(level, i, tile_width(level, i, size));
    }
}

static void every_size_has_its_files(void **state)
{
    static const uint64_t sizes[] = {1, 2, 3, 255, 256, 257, 511, 512, 700, 1280, 65535, 65536, 65537, RECORDS};
    struct publish *p;
    assert_int_equal(open_at(0, &p, NULL), OK);
    assert_true(there("checkpoint"));
    assert_int_equal(published().size, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        add(p, sizes[i] - w.tree.size);
        assert_int_equal(publish_wait(p, sizes[i], NULL), OK);
        folder_is_right(sizes[i]);
    }
    assert_false(there("tile/0/000.p")); /* parts have gone when the full tile is there */
    assert_false(there("tile/entries/000.p"));
    assert_int_equal(publish_close(p, NULL), OK);
    assert_int_equal(w.reads, 0);
}

/* Groups that are taken back leave nothing, and what waits at the end is written. */
static void rolled_back_groups_leave_nothing(void **state)
{
    struct publish *p;
    char text[64];
    assert_int_equal(open_at(0, &p, NULL), OK);
    for (int round = 0; round < 50; round++) {
        for (uint64_t i = 0; i < 20; i++) {
            struct slice s = record(60000 + i, text);
            struct hash leaf = tree_leaf(s);
            publish_add(p, s, &leaf);
        }
        publish_rollback(p);
        add(p, 13);
    }
    assert_int_equal(publish_close(p, NULL), OK);
    folder_is_right(650);
}

/* From every size to a later one: what a kill between commit and checkpoint leaves. */
static void a_folder_that_lags_is_brought_up(void **state)
{
    static const uint64_t sizes[] = {0, 1, 100, 256, 300, 512, 513, 1100};
    struct publish *p;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(open_at(sizes[i], &p, NULL), OK);
        assert_true(w.reads == sizes[i] - (i ? sizes[i - 1] : 0));
        add(p, 0);
        assert_int_equal(publish_close(p, NULL), OK);
        folder_is_right(sizes[i]);
    }
}

static void lost_or_torn_tiles_are_made_anew(void **state)
{
    static const char *const names[] = {"tile/0/002.p/188", "tile/1/000.p/2", "tile/entries/002.p/188"};
    struct publish *p;
    char path[200];
    for (size_t i = 0; i < 2 * sizeof names / sizeof *names; i++) {
        assert_int_equal(open_at(700, &p, NULL), OK);
        assert_int_equal(publish_close(p, NULL), OK);
        snprintf(path, sizeof path, "%s/%s", w.dir, names[i / 2]);
        assert_int_equal(i % 2 ? unlink(path) : truncate(path, 33), 0);
        assert_int_equal(open_at(700 + i, &p, NULL), OK);
        assert_int_equal(publish_close(p, NULL), OK);
        folder_is_right(700 + i);
        end_test(state);
        mkdir(w.dir, 0700);
    }
}

static void refused(uint64_t size)
{
    struct publish *p = NULL;
    struct fault f = {0};
    struct checkpoint before = published();
    assert_int_equal(open_at(size, &p, &f), ERR_DAMAGED);
    assert_null(p);
    assert_string_equal(f.want, "want.log_continues");
    assert_true(published().size == before.size);
}

static void a_log_that_does_not_continue_is_refused(void **state)
{
    struct publish *p;
    char path[200];
    assert_int_equal(open_at(700, &p, NULL), OK);
    assert_int_equal(publish_close(p, NULL), OK);
    refused(699); /* cut back */
    w.other = 699;
    refused(700); /* the newest record was changed */
    w.other = 3;
    refused(700); /* an old one was */
    refused(900); /* and others followed */
    snprintf(path, sizeof path, "%s/tile/0/002.p/188", w.dir);
    unlink(path);
    refused(900); /* nor are the tiles made anew of them */
    w.other = RECORDS;
    assert_int_equal(open_at(900, &p, NULL), OK);
    assert_int_equal(publish_close(p, NULL), OK);
    folder_is_right(900);
}

static void a_tile_that_was_changed_is_refused(void **state)
{
    struct publish *p;
    struct buf b;
    struct tile_id id = {0, 2, 1};
    assert_int_equal(open_at(700, &p, NULL), OK);
    assert_int_equal(publish_close(p, NULL), OK);
    buf_init(&b, TILE_BYTES);
    assert_int_equal(tiles_read(w.dir, &id, &b, NULL), OK);
    b.p[5] ^= 1;
    put_file("tile/1/000.p/2", buf_view(&b));
    buf_free(&b);
    refused(700);
}

static void a_checkpoint_of_another_key_is_refused(void **state)
{
    static const uint8_t seed[SIGN_SEED] = {8};
    struct publish *p = NULL;
    struct fault f = {0};
    assert_int_equal(open_at(10, &p, NULL), OK);
    assert_int_equal(publish_close(p, NULL), OK);
    sign_key_of(seed, &w.key.sign);
    assert_int_equal(note_key_of("register.example/north", NOTE_ED25519, w.key.sign.pub, &w.key.name), OK);
    assert_int_equal(open_at(10, &p, &f), ERR_KEY);
    put_file("checkpoint", SLICE("register.example/north\n10\n"));
    assert_int_equal(open_at(10, &p, &f), ERR_DAMAGED);
}

/* A disk that takes nothing more: the log goes on, closing says so, the next opening brings the folder up. */
static void what_cannot_be_written_is_told_and_made_up_for(void **state)
{
    struct publish *p;
    struct fault f = {0};
    char path[200];
    assert_int_equal(open_at(100, &p, NULL), OK);
    snprintf(path, sizeof path, "%s/tile.new", w.dir);
    assert_int_equal(mkdir(path, 0700), 0); /* no file can be made there */
    for (int i = 0; i < 20; i++)
        add(p, 400);
    assert_int_equal(publish_wait(p, w.tree.size, &f), ERR_IO);
    assert_int_equal(publish_close(p, &f), ERR_IO);
    assert_int_equal(f.sys, EISDIR);
    assert_int_equal(published().size, 100);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(open_at(8100, &p, NULL), OK);
    assert_int_equal(publish_close(p, NULL), OK);
    folder_is_right(8100);
}

/* Any narrower part is cut from what there is: a reader may hold an older checkpoint. */
static void narrower_parts_are_served(void **state)
{
    struct publish *p;
    struct buf b;
    assert_int_equal(open_at(300, &p, NULL), OK);
    assert_int_equal(publish_close(p, NULL), OK);
    buf_init(&b, TILE_BUNDLE_MAX);
    for (unsigned level = 0; level <= TILE_ENTRIES; level += TILE_ENTRIES)
        for (unsigned at = 0; at < 2; at++)
            for (unsigned width = 1; width < 256; width++) {
                struct tile_id id = {at, (uint16_t)width, (uint8_t)level};
                buf_reset(&b);
                enum err e = tiles_read(w.dir, &id, &b, NULL);
                assert_int_equal(e, at && width > 44 ? ERR_NOT_FOUND : OK);
                if (!e && !level) {
                    struct hash want = leaf_of(at * 256 + width - 1);
                    assert_int_equal(b.n, 32 * width);
                    assert_memory_equal(b.p + b.n - 32, want.b, 32);
                }
            }
    buf_free(&b);
}

/* Proofs out of the folder, for records and sizes about its edges. */
static void proofs_come_from_tiles(void **state)
{
    static const uint64_t at[] = {0, 1, 255, 256, 700, 65535, 65536, 66000, RECORDS - 1};
    struct publish *p;
    struct proof proof;
    assert_int_equal(open_at(RECORDS, &p, NULL), OK);
    assert_int_equal(publish_close(p, NULL), OK);
    struct tiles *t = tiles_new(w.dir, RECORDS);
    struct hash root = tree_root(&w.tree);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        struct hash leaf = leaf_of(at[i]), older;
        assert_int_equal(proof_inclusion(at[i], RECORDS, tiles_node, t, &proof), OK);
        assert_int_equal(check_inclusion(&leaf, at[i], RECORDS, &root, proof.hash, proof.n), OK);
        assert_int_equal(proof_root(at[i], tiles_node, t, &older), OK);
        assert_int_equal(proof_consistency(at[i], RECORDS, tiles_node, t, &proof), OK);
        assert_int_equal(check_consistency(at[i], &older, RECORDS, &root, proof.hash, proof.n), OK);
    }
    mem_free(t);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
    const struct CMUnitTest tests[] = {T(every_size_has_its_files), T(rolled_back_groups_leave_nothing), T(a_folder_that_lags_is_brought_up),
        T(lost_or_torn_tiles_are_made_anew), T(a_log_that_does_not_continue_is_refused), T(a_tile_that_was_changed_is_refused),
        T(a_checkpoint_of_another_key_is_refused), T(what_cannot_be_written_is_told_and_made_up_for), T(narrower_parts_are_served),
        T(proofs_come_from_tiles)};
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
