#include "use/doctor_in.h"
#include "ledger/log_key.h"
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/banned.h"

/* ---- files ---- */

static void look_at_file(struct doctor *d, const char *name)
{
    char path[700];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", d->app->dir, name);
    if (stat(path, &st))
        return;
    if (st.st_mode & 077)
        doctor_say(d, DOCTOR_FILE_OPEN, path, 0);
    if (st.st_uid != geteuid() && geteuid() != 0)
        doctor_say(d, DOCTOR_OTHER_OWNER, path, (int64_t)st.st_uid);
}

/* Within a directory that others cannot enter, files of data may have any mode; keys and passwords may not. */
void doctor_files(struct doctor *d)
{
    static const char *const secret[] = {"keystore", "keystore/head", "keystore/master", "keys", "log.key", "database", "accounts.db", "imports"};
    struct stat st, own;
    char path[700];
    if (stat(d->app->dir, &st) == 0 && st.st_mode & 077)
        doctor_say(d, DOCTOR_DIR_OPEN, d->app->dir, (int64_t)(st.st_mode & 07777));
    snprintf(path, sizeof path, "%s/lock", d->app->dir);
    if (stat(path, &own) == 0 && own.st_uid != st.st_uid) /* somebody else ran it: his files its owner cannot write */
        doctor_say(d, DOCTOR_OTHER_OWNER, path, (int64_t)own.st_uid);
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        if (strcmp(secret[i], "imports") != 0 || st.st_mode & 077)
            look_at_file(d, secret[i]);
    if (geteuid() == 0)
        doctor_say(d, DOCTOR_AS_ROOT, "", 0);
}

/* ---- disk ---- */

/* What statfs(2) calls them. */
static bool over_network(long type)
{
    static const long types[] = {0x6969 /* NFS */, (long)0xff534d42 /* CIFS */, (long)0xfe534d42 /* SMB2 */, 0x517b /* SMB */, 0x01021997 /* 9P */,
        0x65735546 /* FUSE */, 0x5346414f /* AFS */, 0x00c36400 /* Ceph */};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if ((uint32_t)type == (uint32_t)types[i])
            return true;
    return false;
}

static int64_t bytes_of(struct doctor *d, const char *name)
{
    char path[700];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", d->app->dir, name);
    return stat(path, &st) ? 0 : (int64_t)st.st_size;
}

void doctor_disk(struct doctor *d)
{
    struct statvfs v;
    struct statfs fs;
    if (statfs(d->app->dir, &fs) == 0 && over_network((long)fs.f_type))
        doctor_say(d, DOCTOR_NETWORK_DISK, d->app->dir, 0);
    if (statfs(d->app->dir, &fs) == 0 && ((uint32_t)fs.f_type == 0x01021994u || (uint32_t)fs.f_type == 0x858458f6u)) /* tmpfs, ramfs */
        doctor_say(d, DOCTOR_MEMORY_DISK, d->app->dir, 0);
    if (statvfs(d->app->dir, &v))
        return;
    int64_t left = (int64_t)(v.f_bavail * v.f_frsize), needed = bytes_of(d, "register.db");
    if (left < (512 << 20) || v.f_bavail * 50 < v.f_blocks)
        doctor_say(d, DOCTOR_DISK_FULL, "", left >> 20);
    else if (left < needed || v.f_bavail * 10 < v.f_blocks)
        doctor_say(d, DOCTOR_DISK_SMALL, "", left >> 20);
}

/* ---- engine ---- */

/* The modes of reading and writing in the file's heading: 2 is a write-ahead log. */
static void look_at_sqlite(struct doctor *d)
{
    char path[700];
    unsigned char heading[20] = {0};
    snprintf(path, sizeof path, "%s/register.db", d->app->dir);
    FILE *f = fopen(path, "re");
    if (!f)
        return;
    if (fread(heading, 1, sizeof heading, f) == sizeof heading && (heading[18] != 2 || heading[19] != 2))
        doctor_say(d, DOCTOR_JOURNAL, path, 0);
    fclose(f);
}

void doctor_engine(struct doctor *d)
{
    static const char *const settings[] = {"fsync", "full_page_writes", "synchronous_commit"};
    char value[32];
    if (!d->store || !store_shared(d->store)) {
        look_at_sqlite(d);
        return;
    }
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (!store_server_setting(d->store, settings[i], value, sizeof value, NULL) && (strcmp(value, "off") == 0 || strcmp(value, "local") == 0))
            doctor_say(d, DOCTOR_SERVER_FSYNC, settings[i], 0);
}

/* ---- clock ---- */

void doctor_clock(struct doctor *d)
{
    struct timex t = {0};
    struct log l;
    int64_t now = d->app->clock(d->app->arg);
    if (d->store && !log_open(&l, d->store, NULL) && log_clock(&l, now, NULL))
        doctor_say(d, DOCTOR_CLOCK_BEHIND, "", (l.last_recorded - now) / 1000);
    if (adjtimex(&t) == TIME_ERROR || t.status & STA_UNSYNC)
        doctor_say(d, DOCTOR_CLOCK_UNSYNCED, "", 0);
}

/* ---- memory ---- */

void doctor_memory(struct doctor *d)
{
    struct rlimit core;
    char line[512];
    int lines = 0;
    FILE *f = fopen("/proc/swaps", "re");
    while (f && fgets(line, sizeof line, f))
        lines++;
    if (f)
        fclose(f);
    if (lines > 1)
        doctor_say(d, DOCTOR_SWAP, "", lines - 1);
    if (getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur != 0)
        doctor_say(d, DOCTOR_CORE_DUMPS, "", 0);
}

/* ---- libraries ---- */

void doctor_libraries(struct doctor *d)
{
    snprintf(d->out->versions, sizeof d->out->versions, "SQLite %s, libsodium %s, %s", sqlite3_libversion(), sodium_version_string(),
        OpenSSL_version(OPENSSL_VERSION));
    if (sqlite3_libversion_number() < 3037000) /* STRICT tables */
        doctor_say(d, DOCTOR_OLD_SQLITE, sqlite3_libversion(), 0);
}

/* ---- certificate ---- */

/* Days that are left, at most INT32_MAX; false when the file holds none. */
static bool days_left(const char *path, int64_t now, int64_t *out)
{
    FILE *f = fopen(path, "re");
    X509 *cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    struct tm until;
    bool good = cert && ASN1_TIME_to_tm(X509_get0_notAfter(cert), &until) == 1;
    if (good)
        *out = (time_from_civil(until.tm_year + 1900, until.tm_mon + 1, until.tm_mday) - now) / 86400000;
    X509_free(cert);
    if (f)
        fclose(f);
    return good;
}

void doctor_certificate(struct doctor *d)
{
    struct stat st;
    int64_t days = 0;
    const char *cert = d->in->tls_cert, *key = d->in->tls_key;
    if (cert && (!days_left(cert, d->app->clock(d->app->arg), &days) || days < 0))
        doctor_say(d, DOCTOR_CERTIFICATE, cert, 0);
    else if (cert && days < 30)
        doctor_say(d, DOCTOR_CERTIFICATE_SOON, cert, days);
    if (key && (stat(key, &st) || st.st_mode & 077))
        doctor_say(d, DOCTOR_TLS_KEY_OPEN, key, 0);
}
