#include "base/file.h"
#include "ledger/folder.h"
#include "ledger/receipt.h"
#include "use/restore_in.h"
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

/* ---- whose log it is ---- */

static enum err find_key(struct restoring *r, struct fault *f)
{
    char there[TILES_DIR];
    struct note_key said, before;
    enum err e = folder_vkey(r->log, &said, f);
    log_folder(r->app->dir, there);
    bool has = !e && folder_vkey(there, &before, NULL) == OK;
    if (e)
        return e;
    r->out->key = has ? before : said;
    r->out->key_given = has || r->in->key.n;
    if (r->in->key.n && (note_key_parse(slice_trim(r->in->key), &r->out->key) || r->out->key.type != NOTE_ED25519))
        return fault_set(f, ERR_FORMAT, "--key", r->in->key, "want.vkey");
    if (r->out->key.id != said.id || memcmp(r->out->key.pub, said.pub, sizeof said.pub) != 0)
        return fault_set(f, ERR_CONFLICT, "TARGET", slice_str(r->in->target), "want.backup_of_same");
    return OK;
}

/* ---- is it whole ---- */

static void on_found(void *arg, const struct verify_found *found)
{
    const struct restoring *r = arg;
    r->in->found(r->in->arg, verify_key(found->what), found->where, found->position);
}

static void on_file(void *arg, struct slice name)
{
    const struct restoring *r = arg;
    char where[LIST_NAME + 1];
    snprintf(where, sizeof where, SLICE_FMT, SLICE_ARG(name));
    r->in->found(r->in->arg, "verify.backup_file", where, 0);
}

static enum err verify_log(struct restoring *r, struct fault *f)
{
    struct verify_result v;
    const struct verify verify = {.dir = r->log, .key = &r->out->key, .entries = true, .found = on_found, .arg = r};
    enum err e = verify_run(&verify, &v, f);
    r->out->size = v.size;
    r->out->root = v.root;
    r->out->wrong += v.wrong;
    return e;
}

static enum err verify_all(struct restoring *r, struct fault *f)
{
    if (r->in->progress)
        r->in->progress(r->in->arg, "verified", 0, 0);
    enum err e = verify_log(r, f);
    if (!e && !(e = chest_check(&r->chest, on_file, r, &r->out->wrong, f)) && r->out->size < r->chest.page.size) {
        r->out->wrong++;
        r->in->found(r->in->arg, "verify.backup_short", "log", r->chest.page.size);
    }
    return e;
}

/* ---- is a longer one known ---- */

/* A log that somebody signed or still has. The same size under another root is another history; a longer one means loss. */
static enum err weigh(struct restoring *r, uint64_t size, const struct hash *root, const char *where, struct fault *f)
{
    struct hash ours;
    if (size > r->out->known)
        r->out->known = size;
    if (size > r->out->size)
        return OK; /* refused below, with the longest of all */
    enum err e = proof_root(size, tiles_node, r->tiles, &ours);
    if (e)
        return fault_set(f, e, "log", slice_str(r->in->target), "want.backup_whole");
    return hash_eq(&ours, root) ? OK : fault_set(f, ERR_CONFLICT, "log", slice_str(where), "want.backup_history");
}

static enum err weigh_checkpoint(struct restoring *r, const char *dir, const char *name, struct fault *f)
{
    struct buf note;
    struct checkpoint c;
    bool found = false;
    buf_init(&note, NOTE_MAX);
    enum err e = publish_read(dir, name, &r->out->key, &note, &c, &found, NULL);
    e = !e && found ? weigh(r, c.size, &c.root, dir, f) : OK; /* a damaged one says nothing */
    buf_free(&note);
    return e;
}

/* What is there is perhaps damaged: what can be read of it counts. */
static enum err weigh_database(struct restoring *r, struct fault *f)
{
    struct store *s = NULL;
    struct tree tree;
    enum err e = OK;
    if (!store_open(r->app->dir, STORE_BYTES, &s, NULL) && slice_is(store_origin(s), r->out->key.name) && !log_root(s, &tree, NULL)) {
        struct hash root = tree_root(&tree);
        e = weigh(r, tree.size, &root, r->app->dir, f);
    }
    store_close(s);
    return e;
}

/* A checkpoint as it was published, or a receipt, whose signed page is one. */
static enum err weigh_kept(struct restoring *r, struct fault *f)
{
    struct buf text;
    struct arena a;
    struct receipt receipt;
    struct note_found note;
    struct checkpoint c;
    buf_init(&text, NOTE_MAX);
    arena_init(&a, 1u << 20);
    enum err e = file_read(r->in->known, &text, f);
    if (!e) {
        struct slice signed_page = receipt_parse(&a, buf_view(&text), &receipt) == OK ? receipt.note : buf_view(&text);
        if (note_check(signed_page, &r->out->key, 1, &note) || checkpoint_parse(note.text, &c) || !slice_is(c.origin, r->out->key.name))
            e = fault_set(f, ERR_FORMAT, "--known", slice_str(r->in->known), "want.kept_checkpoint");
        else
            e = weigh(r, c.size, &c.root, r->in->known, f);
    }
    arena_free(&a);
    buf_free(&text);
    return e;
}

static enum err weigh_all(struct restoring *r, struct fault *f)
{
    char there[TILES_DIR], number[24];
    log_folder(r->app->dir, there);
    if (!(r->tiles = tiles_new(r->log, r->out->size)))
        return fault_set(f, ERR_MEMORY, "log", SLICE(""), "");
    enum err e = r->in->known ? weigh_kept(r, f) : OK;
    if (!e && !(e = weigh_checkpoint(r, there, "checkpoint", f)) && !(e = weigh_checkpoint(r, there, "cosigned", f)))
        e = weigh_database(r, f);
    if (e || r->out->known <= r->out->size || r->in->accept_loss)
        return e;
    snprintf(number, sizeof number, "%llu", (unsigned long long)r->out->known);
    return fault_set(f, ERR_REFUSED, "log", slice_str(number), "want.no_longer_log");
}

enum err restore_judge(struct restoring *r, struct fault *f)
{
    snprintf(r->log, sizeof r->log, "%s/log", r->in->target);
    enum err e = find_key(r, f);
    if (e)
        return e == ERR_NOT_FOUND ? fault_set(f, e, "TARGET", slice_str(r->in->target), "want.backup_target") : e;
    if ((e = chest_open(r->in->target, &r->out->key, &r->chest, f)))
        return e;
    if (!r->chest.found)
        return fault_set(f, ERR_NOT_FOUND, "TARGET", slice_str(r->in->target), "want.backup_target");
    r->out->made = r->chest.page.made;
    e = verify_all(r, f);
    return e || r->out->wrong || r->in->check ? e : weigh_all(r, f);
}
