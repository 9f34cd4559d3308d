#include "ballistics/conclusion.h"
#include "base/banned.h"

static const char *const codes[] = {"lead", "inconclusive_a", "inconclusive_b", "inconclusive_c", "exclusion", "unsuitable", "more_work"};
static const char *const shown_names[SHOWN_KINDS] = {[SHOWN_SURFACES] = "surfaces", [SHOWN_LIST] = "list", [SHOWN_COUNT] = "count"};

const char *conclusion_code(size_t i)
{
    return i < sizeof codes / sizeof *codes ? codes[i] : NULL;
}

const char *conclusion_known(struct slice code)
{
    for (size_t i = 0; conclusion_code(i); i++)
        if (slice_is(code, codes[i]))
            return codes[i];
    return NULL;
}

const char *conclusion_shown_name(enum conclusion_shown s)
{
    return shown_names[s];
}

/* ---- the body ---- */

static void put_hash(struct cj *j, const char *key, const struct hash *h)
{
    static const struct hash none;
    if (!hash_eq(h, &none))
        cj_khex(j, key, h->b, sizeof h->b);
}

enum err conclusion_write(const struct conclusion *c, struct buf *out)
{
    struct cj j;
    cj_open(&j, out);
    cj_obj(&j);
    if (!subject_none(&c->by))
        cj_khex(&j, "by", c->by.b, sizeof c->by.b);
    cj_kstr_opt(&j, "case", c->case_no);
    cj_kstr(&j, "conclusion", slice_str(c->code));
    cj_kstr(&j, "file_a", c->file[0]);
    cj_kstr(&j, "file_b", c->file[1]);
    put_hash(&j, "mask_a", &c->mask[0]);
    put_hash(&j, "mask_b", &c->mask[1]);
    cj_kstr_opt(&j, "office", c->office);
    put_hash(&j, "previous", &c->previous);
    cj_kstr_opt(&j, "remark", c->note); /* not "note": pages about records would show it to those who should conclude without it */
    cj_kstr_opt(&j, "settings", c->settings);
    put_hash(&j, "sha256_a", &c->sha[0]);
    put_hash(&j, "sha256_b", &c->sha[1]);
    cj_kstr(&j, "shown", slice_str(shown_names[c->shown]));
    cj_obj_end(&j);
    return out->err;
}

static bool get_shown(struct slice name, enum conclusion_shown *out)
{
    for (size_t i = 0; i < SHOWN_KINDS; i++)
        if (slice_is(name, shown_names[i])) {
            *out = (enum conclusion_shown)i;
            return true;
        }
    return false;
}

/* Absent is zeros; anything else than 64 digits is damage. */
static bool get_hash(const struct cj_value *v, const char *key, struct hash *out)
{
    *out = (struct hash){0};
    return !cj_get(v, key) || hex_to(cj_get_str(v, key), out->b, sizeof out->b);
}

enum err conclusion_read(const struct cj_value *v, struct conclusion *out)
{
    struct conclusion c = {.code = conclusion_known(cj_get_str(v, "conclusion")), .file = {cj_get_str(v, "file_a"), cj_get_str(v, "file_b")},
        .office = cj_get_str(v, "office"), .case_no = cj_get_str(v, "case"), .note = cj_get_str(v, "remark"), .settings = cj_get_str(v, "settings")};
    bool well = c.code && c.file[0].n && c.file[1].n && get_shown(cj_get_str(v, "shown"), &c.shown) && get_hash(v, "sha256_a", &c.sha[0]) &&
        get_hash(v, "sha256_b", &c.sha[1]) && get_hash(v, "mask_a", &c.mask[0]) && get_hash(v, "mask_b", &c.mask[1]) &&
        get_hash(v, "previous", &c.previous) && (!cj_get(v, "by") || hex_to(cj_get_str(v, "by"), c.by.b, sizeof c.by.b));
    if (!well)
        return ERR_DAMAGED;
    *out = c;
    return OK;
}
