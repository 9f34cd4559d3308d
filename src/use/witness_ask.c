#include "use/witness_ask.h"
#include "base/file.h"
#include "ledger/witness.h"
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include "base/banned.h"

#define ANSWER_MAX 16384
#define SECONDS 15L

struct asking {
    char folder[TILES_DIR];
    struct note_key log;
    struct buf note;       /* the checkpoint */
    struct checkpoint now;
    struct buf lines;      /* cosignatures that were given */
    CURL *curl;
};

/* ---- HTTP ---- */

static size_t take(char *p, size_t one, size_t n, void *arg)
{
    struct buf *out = arg;
    buf_add(out, p, n);
    return out->err ? 0 : n;
}

/* Status, or 0 when there was no answer. */
static long post(CURL *c, const char *base, struct slice body, struct buf *out)
{
    char url[300];
    long status = 0;
    size_t n = strlen(base);
    snprintf(url, sizeof url, "%s%sadd-checkpoint", base, n && base[n - 1] == '/' ? "" : "/");
    curl_easy_reset(c);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, SECONDS);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)body.n);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.p);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, out);
    if (curl_easy_perform(c) == CURLE_OK)
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* ---- one witness ---- */

static void path_of(const struct asking *k, const struct note_key *w, char out[TILES_DIR + 32])
{
    snprintf(out, TILES_DIR + 32, "%s/witnessed/%08x", k->folder, w->id);
}

/* The size that it has signed last, by what lies here. */
static uint64_t signed_before(const struct asking *k, const struct note_key *w)
{
    char path[TILES_DIR + 32];
    struct buf b;
    struct slice text;
    struct checkpoint c = {0};
    path_of(k, w, path);
    buf_init(&b, NOTE_MAX);
    if (file_read(path, &b, NULL) || note_text(buf_view(&b), &text) || checkpoint_parse(text, &c))
        c.size = 0;
    buf_free(&b);
    return c.size;
}

/* The lines must be cosignatures of this checkpoint by this witness. */
static enum err keep(struct asking *k, const struct note_key *w, struct slice lines, struct fault *f)
{
    char path[TILES_DIR + 32];
    struct note_key keys[2] = {k->log, *w};
    struct note_found found;
    struct buf whole;
    buf_init(&whole, NOTE_MAX);
    buf_slice(&whole, buf_view(&k->note));
    buf_slice(&whole, lines);
    path_of(k, w, path);
    enum err e = whole.err ? whole.err : note_check(buf_view(&whole), keys, 2, &found);
    if (!e && found.valid != 3)
        e = ERR_KEY;
    if (!e && !(e = file_replace(path, buf_view(&whole), 0600, f)))
        buf_slice(&k->lines, lines);
    buf_free(&whole);
    return e;
}

static enum err ask_from(struct asking *k, const char *url, uint64_t old, struct buf *answer, long *status)
{
    struct buf body;
    struct proof proof;
    struct witness_request r = {.old = old, .note = buf_view(&k->note)};
    struct tiles *t = tiles_new(k->folder, k->now.size);
    enum err e = t ? proof_consistency(old, k->now.size, tiles_node, t, &proof) : ERR_MEMORY;
    mem_free(t);
    if (e || proof.n > sizeof r.proof / sizeof *r.proof)
        return e ? e : ERR_BUG;
    memcpy(r.proof, proof.hash, proof.n * sizeof *r.proof);
    r.n = proof.n;
    buf_init(&body, WITNESS_BODY_MAX);
    witness_write(&r, &body);
    buf_reset(answer);
    *status = body.err ? 0 : post(k->curl, url, buf_view(&body), answer);
    buf_free(&body);
    return body.err;
}

/* What it knows may be other than what lies here: its own word counts, once. */
static enum err ask(struct asking *k, const struct note_key *w, struct witness_answer *a, struct fault *f)
{
    struct buf answer;
    uint64_t old = signed_before(k, w), known;
    buf_init(&answer, ANSWER_MAX);
    enum err e = OK;
    if (old > k->now.size)
        a->status = 409;
    else
        e = ask_from(k, a->url, old, &answer, &a->status);
    a->known = old;
    if (!e && a->status == 409 && slice_u64(slice_trim(buf_view(&answer)), INT64_MAX, &known)) {
        a->known = known;
        if (known <= k->now.size)
            e = ask_from(k, a->url, known, &answer, &a->status);
    }
    bool longer = a->known > k->now.size;
    if (e)
        fault_set(f, e, "log", slice_str(k->folder), "want.log_whole");
    else if (a->status == 200)
        a->said = keep(k, w, buf_view(&answer), f) ? SAID_UNREACHABLE : SAID_COSIGNED;
    else
        a->said = longer ? SAID_REWOUND : a->status == 422 ? SAID_FORKED : a->status == 403 || a->status == 404 ? SAID_REFUSED : SAID_UNREACHABLE;
    buf_free(&answer);
    return e;
}

/* ---- all ---- */

static enum err put_cosigned(struct asking *k, struct fault *f)
{
    char path[TILES_DIR + 16];
    struct buf whole;
    if (!k->lines.n)
        return OK;
    buf_init(&whole, NOTE_MAX);
    buf_slice(&whole, buf_view(&k->note));
    buf_slice(&whole, buf_view(&k->lines));
    snprintf(path, sizeof path, "%s/cosigned", k->folder);
    enum err e = whole.err ? fault_set(f, whole.err, "cosigned", SLICE(""), "") : file_replace(path, buf_view(&whole), 0600, f);
    buf_free(&whole);
    return e;
}

static enum err ask_all(struct asking *k, const struct witness_list *list, void (*told)(void *arg, const struct witness_answer *a), void *arg,
    struct fault *f)
{
    char path[TILES_DIR + 16];
    snprintf(path, sizeof path, "%s/witnessed", k->folder);
    if (mkdir(path, 0700) && errno != EEXIST)
        return fault_sys(f, errno, path);
    k->curl = curl_easy_init();
    enum err e = k->curl ? OK : fault_set(f, ERR_MEMORY, "witness", SLICE(""), "");
    for (size_t i = 0; !e && i < list->n; i++) {
        struct witness_answer a = {.name = list->key[i].name, .url = list->url[i]};
        if (!(e = ask(k, &list->key[i], &a, f)))
            told(arg, &a);
    }
    curl_easy_cleanup(k->curl);
    return e ? e : put_cosigned(k, f);
}

static enum err own_key(const struct asking *k, struct note_key *out, struct fault *f)
{
    char path[TILES_DIR + 16];
    struct buf b;
    buf_init(&b, 1024);
    snprintf(path, sizeof path, "%s/vkey", k->folder);
    enum err e = file_read(path, &b, f);
    if (!e && note_key_parse(slice_trim(buf_view(&b)), out))
        e = fault_set(f, ERR_FORMAT, "vkey", slice_str(path), "want.vkey");
    buf_free(&b);
    return e;
}

enum err use_witness_ask(struct app *app, void (*told)(void *arg, const struct witness_answer *a), void *arg, size_t *asked, struct fault *f)
{
    struct asking k = {0};
    bool found = false;
    struct witness_list *list = mem_alloc(1, sizeof *list);
    *asked = 0;
    log_folder(app->dir, k.folder);
    buf_init(&k.note, NOTE_MAX);
    buf_init(&k.lines, NOTE_MAX);
    enum err e = list ? use_witnesses(app->dir, list, f) : fault_set(f, ERR_MEMORY, "witness", SLICE(""), "");
    if (!e && list->n && !(e = own_key(&k, &k.log, f)) && !(e = publish_read(k.folder, "checkpoint", &k.log, &k.note, &k.now, &found, f)) && found) {
        *asked = list->n;
        e = ask_all(&k, list, told, arg, f);
    }
    buf_free(&k.note);
    buf_free(&k.lines);
    mem_free(list);
    return e;
}

const char *witness_said_key(enum witness_said said)
{
    static const char *const keys[] = {[SAID_COSIGNED] = "witness.cosigned", [SAID_UNREACHABLE] = "witness.unreachable",
        [SAID_REFUSED] = "witness.refused", [SAID_REWOUND] = "witness.rewound", [SAID_FORKED] = "witness.forked"};
    return keys[said];
}
