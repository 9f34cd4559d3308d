#include "use/metrics.h"
#include "base/prom.h"
#include "people/people.h"
#include "use/backup.h"
#include "use/health.h"
#include "use/verify.h"
#include "use/writer.h"
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "base/banned.h"

static int64_t age_of(const char *path)
{
    struct stat st;
    return stat(path, &st) ? -1 : time_now() / 1000 - (int64_t)st.st_mtime;
}

static uint64_t size_named(const char *folder, const char *name)
{
    struct buf note;
    struct checkpoint c = {0};
    bool found;
    buf_init(&note, NOTE_MAX);
    if (publish_read(folder, name, NULL, &note, &c, &found, NULL))
        c.size = 0;
    buf_free(&note);
    return c.size;
}

static void put_checkpoint(const char *folder, struct buf *out)
{
    char path[TILES_DIR + 16];
    snprintf(path, sizeof path, "%s/checkpoint", folder);
    int64_t age = age_of(path);
    prom_gauge(out, "athar_checkpoint_records", "Records that the newest signed checkpoint names.", (int64_t)size_named(folder, "checkpoint"));
    if (age >= 0)
        prom_gauge(out, "athar_checkpoint_age_seconds", "Since the newest checkpoint was written; grows while nothing is recorded.", age);
}

static void put_witnesses(const char *dir, const char *folder, struct buf *out)
{
    struct witness_list *w = mem_alloc(1, sizeof *w);
    char path[TILES_DIR + 32];
    if (w && !use_witnesses(dir, w, NULL)) {
        prom_gauge(out, "athar_witnesses", "Witnesses named in DIR/witnesses.", (int64_t)w->n);
        prom_family(out, "athar_witness_age_seconds", "gauge", "Since a witness last cosigned; -1: never.");
        for (size_t i = 0; i < w->n; i++) {
            snprintf(path, sizeof path, "%s/witnessed/%08x", folder, (unsigned)w->key[i].id);
            prom_int(out, "athar_witness_age_seconds", (const char *const[]){"witness", w->key[i].name, NULL}, age_of(path));
        }
        prom_gauge(out, "athar_cosigned_records", "Records that the newest cosigned checkpoint names.", (int64_t)size_named(folder, "cosigned"));
    }
    mem_free(w);
}

static void put_log(struct app *app, struct desk *d, struct buf *out)
{
    char folder[TILES_DIR];
    uint64_t size, derived, items;
    bool same;
    log_folder(app->dir, folder);
    if (!store_begin(d->store, NULL) && !store_size(d->store, &size, NULL) && !store_derived(d->store, &derived, NULL) && !store_count(d->store, &items, NULL)) {
        prom_gauge(out, "athar_log_records", "Records of the log.", (int64_t)size);
        prom_gauge(out, "athar_derived_records", "Of these, records that the derived tables cover.", (int64_t)derived);
        prom_gauge(out, "athar_firearms", "Firearms of the register.", (int64_t)items);
        if (!store_stamped(d->store, &same, NULL))
            prom_gauge(out, "athar_derived_stale", "1: the derived tables were made with other tables of terms, or by other code, than this program's; athar rebuild.", !same);
    }
    const char *fault = use_write_fault(app, d->store);
    prom_family(out, "athar_writes_failing", "gauge", "1: what is written now fails, for this reason (docs/operations.md); 0: nothing is known against it.");
    prom_int(out, "athar_writes_failing", (const char *const[]){"reason", *fault ? fault : "none", NULL}, *fault != 0);
    store_rollback(d->store);
    put_checkpoint(folder, out);
    put_witnesses(app->dir, folder, out);
}

static void put_index(struct app *app, struct desk *d, struct buf *out)
{
    struct index_view *v;
    const struct ranker *r;
    struct index_stats s;
    uint64_t size;
    if (app_index(app, d, &v, &r, &size, NULL))
        return;
    index_stats(v, &s);
    index_release(v);
    prom_gauge(out, "athar_index_marks", "Marks in the search index.", (int64_t)s.entries);
    prom_gauge(out, "athar_index_delta_marks", "Of these, marks that came since the last merge.", (int64_t)s.delta);
    prom_gauge(out, "athar_index_bytes", "Memory of the search index.", (int64_t)s.bytes);
    prom_gauge(out, "athar_index_records", "Records that the index covers.", (int64_t)size);
}

static void put_keys(struct app *app, struct buf *out)
{
    struct keys_status s;
    if (keys_status(app->dir, NULL, &s, NULL))
        return;
    prom_gauge(out, "athar_keystore_locked", "1: only a quorum of shares opens the register.", s.locked);
    prom_gauge(out, "athar_keystore_generation", "Grows with each change of the key store's head.", (int64_t)s.generation);
    prom_gauge(out, "athar_keystore_bytes", "Files of the key store.", (int64_t)s.bytes);
    prom_gauge(out, "athar_keystore_erased", "Persons whose keys were destroyed.", (int64_t)s.erased);
    prom_gauge(out, "athar_keystore_slots", "Ways to the master key.", (int64_t)s.slot_count);
}

static void put_writer(struct app *app, struct buf *out)
{
    uint64_t groups = 0, jobs = 0;
    size_t waiting = 0;
    pthread_mutex_lock(&app->lock);
    struct writer *w = app->writer;
    struct people *p = app->people;
    pthread_mutex_unlock(&app->lock);
    if (w) {
        writer_counts(w, &groups, &jobs);
        waiting = writer_waiting(w);
    }
    prom_counter(out, "athar_writer_commits_total", "Groups that this process's writer has committed.", groups);
    prom_counter(out, "athar_writer_jobs_total", "Jobs in these groups: by commits, the size of a batch.", jobs);
    prom_gauge(out, "athar_writer_waiting", "Jobs that wait for the writer.", (int64_t)waiting);
    prom_counter(out, "athar_sign_in_failures_total", "Tries to sign in, or to unlock, that failed.", p ? throttle_failures(people_throttle(p)) : 0);
}

static void put_backup(struct app *app, struct buf *out)
{
    struct backed_up b;
    int64_t now = app->clock(app->arg);
    use_backed_up(app->dir, &b);
    prom_gauge(out, "athar_backup_age_seconds", "Since the last backup was made; -1: never.", b.made ? (now - b.made) / 1000 : -1);
    prom_gauge(out, "athar_backup_records", "Records that it holds.", (int64_t)b.size);
    prom_gauge(out, "athar_keys_backup_expires_seconds", "Until the backup of the keys that went with it expires; below 0: has, or none.",
        b.keys_expire ? (b.keys_expire - now) / 1000 : -1);
}

static void put_machine(struct app *app, struct buf *out)
{
    struct statvfs v;
    unsigned long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && fscanf(f, "%lu %lu", &pages, &resident) == 2)
        prom_gauge(out, "process_resident_memory_bytes", "Resident memory of the process.", (int64_t)resident * sysconf(_SC_PAGESIZE));
    if (f)
        fclose(f);
    if (statvfs(app->dir, &v) == 0)
        prom_gauge(out, "athar_disk_free_bytes", "Room left where the register lies.", (int64_t)(v.f_bavail * v.f_frsize));
}

void use_metrics(struct app *app, struct buf *out)
{
    struct desk *d;
    prom_family(out, "athar_info", "gauge", "The program that runs.");
    prom_int(out, "athar_info", (const char *const[]){"version", "0.1.0", NULL}, 1);
    if (!desk_take(app, &d, NULL)) {
        put_log(app, d, out);
        put_index(app, d, out);
        desk_give(app, d);
    }
    put_keys(app, out);
    put_writer(app, out);
    put_backup(app, out);
    put_machine(app, out);
}
