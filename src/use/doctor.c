#include "use/doctor_in.h"
#include "people/people.h"
#include "use/backup.h"
#include "use/people_in.h"
#include "use/verify.h"
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

#define DAY 86400 /* seconds */

static const struct {
    const char *id;
    enum doctor_severity severity;
} table[] = {
#define DOCTOR_ROW(what, id, severity) {id, severity},
    DOCTOR_TABLE(DOCTOR_ROW)
#undef DOCTOR_ROW
};

const char *doctor_id(enum doctor_what what)
{
    return table[what].id;
}
enum doctor_severity doctor_severity(enum doctor_what what)
{
    return table[what].severity;
}

void doctor_say(struct doctor *d, enum doctor_what what, const char *text, int64_t n)
{
    d->out->found[table[what].severity]++;
    d->in->found(d->in->arg, what, text, n);
}

/* ---- keys ---- */

static void look_at_keys(struct doctor *d)
{
    struct keys_status s;
    bool quorum = false, beside = false;
    char own[560];
    if (keys_status(d->app->dir, NULL, &s, NULL))
        return;
    snprintf(own, sizeof own, "%s/", d->app->dir);
    for (size_t i = 0; i < s.slot_count; i++) {
        quorum = quorum || s.slot[i].type == KEY_SLOT_QUORUM;
        beside = beside || (s.slot[i].type == KEY_SLOT_FILE && (s.slot[i].where[0] != '/' || strncmp(s.slot[i].where, own, strlen(own)) == 0));
    }
    if (s.old)
        doctor_say(d, DOCTOR_OLD_KEYS, "", 0);
    if (s.locked)
        doctor_say(d, DOCTOR_LOCKED, "", 0);
    if (beside)
        doctor_say(d, DOCTOR_MASTER_BESIDE, "", 0);
    if (!quorum && !s.old)
        doctor_say(d, DOCTOR_NO_QUORUM, "", 0);
    if (d->store && keys_check(store_key_store(d->store), NULL) == ERR_DAMAGED)
        doctor_say(d, DOCTOR_KEYS_DAMAGED, "", 0);
}

/* ---- people ---- */

struct counted {
    size_t accounts, administrators, reviewers, n;
    struct subject_id weighty[256]; /* who may read names or manage accounts */
};

static void count_accounts(struct people *p, struct counted *c)
{
    const struct roster *r = people_roster(p);
    for (size_t i = 0; r && i < r->account_count; i++) {
        const struct account *x = &r->account[i];
        bool weighty = x->names != NAMES_NONE || (x->rights & RIGHT_BIT(RIGHT_ACCOUNTS)) != 0;
        if (x->closed)
            continue;
        c->accounts++;
        c->administrators += (x->rights & RIGHT_BIT(RIGHT_ACCOUNTS)) != 0;
        c->reviewers += (x->rights & RIGHT_BIT(RIGHT_ACCESS_READ)) != 0;
        if (weighty && c->n < sizeof c->weighty / sizeof *c->weighty)
            c->weighty[c->n++] = x->id;
    }
    people_release(p);
}

static int64_t without_factor(struct people *p, const struct counted *c)
{
    int64_t n = 0;
    struct arena a;
    arena_init(&a, 16u << 20);
    for (size_t i = 0; i < c->n; i++) {
        struct people_secrets s = {.arena = &a, .account = c->weighty[i]};
        n += !read_secrets(p, &s, NULL) && !s.secret.totp.n && !s.codes && !s.passkeys;
        arena_reset(&a);
    }
    arena_free(&a);
    return n;
}

static void look_at_people(struct doctor *d)
{
    struct people *p;
    struct counted c = {0};
    if (app_people_now(d->app, &p, NULL))
        return;
    count_accounts(p, &c);
    if (!c.accounts) {
        doctor_say(d, DOCTOR_OPEN_TO_ALL, "", 0);
        return;
    }
    int64_t weak = without_factor(p, &c);
    if (c.administrators < 2)
        doctor_say(d, DOCTOR_ONE_ADMINISTRATOR, "", (int64_t)c.administrators);
    if (!c.reviewers)
        doctor_say(d, DOCTOR_NO_REVIEWER, "", 0);
    if (weak)
        doctor_say(d, DOCTOR_NO_FACTOR, "", weak);
}

/* ---- the log ---- */

static int64_t age_of(const char *path)
{
    struct stat st;
    return stat(path, &st) ? -1 : time_now() / 1000 - (int64_t)st.st_mtime;
}

static void look_at_witnesses(struct doctor *d, const char *folder)
{
    struct witness_list *w = mem_alloc(1, sizeof *w);
    char path[TILES_DIR + 32], checkpoint[TILES_DIR + 16];
    if (!w || use_witnesses(d->app->dir, w, NULL)) {
        mem_free(w);
        return;
    }
    snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint", folder);
    if (w->n < 2)
        doctor_say(d, w->n ? DOCTOR_ONE_WITNESS : DOCTOR_NO_WITNESS, "", 0);
    for (size_t i = 0; i < w->n; i++) {
        snprintf(path, sizeof path, "%s/witnessed/%08x", folder, (unsigned)w->key[i].id);
        int64_t age = age_of(path), newest = age_of(checkpoint);
        if (newest > 60 && (age < 0 || (age > DAY && newest < age))) /* it has not seen what has been there for a while */
            doctor_say(d, DOCTOR_WITNESS_OLD, w->key[i].name, age / 3600);
    }
    mem_free(w);
}

static void look_at_log(struct doctor *d)
{
    char folder[TILES_DIR], path[600];
    struct log_key key;
    struct buf note;
    struct checkpoint c = {0};
    bool found = false;
    uint64_t size = 0, derived = 0;
    bool same = true;
    log_folder(d->app->dir, folder);
    log_key_path(d->app->dir, path);
    buf_init(&note, NOTE_MAX);
    if (log_key_load(path, &key, NULL) || publish_read(folder, "checkpoint", &key.name, &note, &c, &found, NULL))
        doctor_say(d, DOCTOR_LOG_KEY, path, 0);
    log_key_forget(&key);
    if (d->store && !store_size(d->store, &size, NULL) && size > c.size)
        doctor_say(d, DOCTOR_LOG_BEHIND, "", (int64_t)(size - c.size));
    if (d->store && !store_derived(d->store, &derived, NULL) && derived != size)
        doctor_say(d, derived > size ? DOCTOR_DERIVED_AHEAD : DOCTOR_DERIVED_BEHIND, "", (int64_t)(derived > size ? derived - size : size - derived));
    if (d->store && !store_stamped(d->store, &same, NULL) && !same)
        doctor_say(d, DOCTOR_DERIVED_TERMS, "", (int64_t)derived);
    buf_free(&note);
    look_at_witnesses(d, folder);
}

/* ---- what would be lost ---- */

static void look_at_backup(struct doctor *d)
{
    struct backed_up b;
    int64_t now = d->app->clock(d->app->arg);
    use_backed_up(d->app->dir, &b);
    if (!b.made) {
        doctor_say(d, DOCTOR_NO_BACKUP, "", 0);
        return;
    }
    int64_t hours = (now - b.made) / 3600000, days = (b.keys_expire - now) / 86400000;
    if (hours >= 24)
        doctor_say(d, DOCTOR_BACKUP_OLD, "", hours);
    if (b.keys_expire <= now)
        doctor_say(d, DOCTOR_NO_KEYS_BACKUP, "", 0);
    else if (days < 7)
        doctor_say(d, DOCTOR_KEYS_BACKUP_OLD, "", days);
}

static void look_at_leavings(struct doctor *d)
{
    char path[600];
    struct dirent *x;
    int64_t n = 0;
    snprintf(path, sizeof path, "%s/imports", d->app->dir);
    DIR *folder = opendir(path);
    while (folder && (x = readdir(folder))) {
        size_t length = strlen(x->d_name);
        n += length > 13 && strcmp(x->d_name + length - 13, "-rejected.csv") == 0;
    }
    if (folder)
        closedir(folder);
    if (n)
        doctor_say(d, DOCTOR_REJECTS, "", n);
}

/* Beside DIR: what a restore or a copy has left. */
static void look_aside(struct doctor *d)
{
    char parent[600], own[300];
    struct dirent *x;
    const char *slash = strrchr(d->app->dir, '/');
    snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - d->app->dir) : 1, slash ? d->app->dir : ".");
    snprintf(own, sizeof own, "%s.", slash ? slash + 1 : d->app->dir);
    DIR *folder = opendir(*parent ? parent : "/");
    while (folder && (x = readdir(folder)))
        if (strlen(own) > 1 && strncmp(x->d_name, own, strlen(own)) == 0)
            doctor_say(d, DOCTOR_LEFT_ASIDE, x->d_name, 0);
    if (folder)
        closedir(folder);
}

/* ---- the whole ---- */

static enum err open_register(struct doctor *d, struct fault *f)
{
    struct fault why = {0};
    struct buf text;
    enum err e = store_open(d->app->dir, STORE_READ, &d->store, &why);
    if (!e)
        return OK;
    d->store = NULL;
    if (e == ERR_NOT_FOUND)
        return fault_set(f, e, why.field, slice_str(why.value), why.want);
    if (e == ERR_LOCKED)
        return OK; /* said below */
    buf_init(&text, 4096);
    lang_fault(d->app->lang, &why, &text);
    doctor_say(d, DOCTOR_CANNOT_OPEN, text.p ? text.p : "", 0);
    buf_free(&text);
    return OK;
}

enum err use_doctor(struct app *app, const struct use_doctor_in *in, struct use_doctor_out *out, struct fault *f)
{
    static void (*const looks[])(struct doctor *d) = {doctor_files, look_at_keys, look_at_people, doctor_clock, doctor_disk, doctor_engine, look_at_log,
        look_at_backup, look_at_leavings, look_aside, doctor_memory, doctor_libraries, doctor_certificate};
    struct doctor d = {.app = app, .in = in, .out = out};
    *out = (struct use_doctor_out){0};
    enum err e = open_register(&d, f);
    for (size_t i = 0; !e && i < sizeof looks / sizeof *looks; i++)
        looks[i](&d);
    store_close(d.store);
    return e;
}
