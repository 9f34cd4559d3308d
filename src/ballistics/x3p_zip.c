/* The archive: who may be in it, and reading one member. Everything is judged from the directory before a byte is unpacked. */
#include "ballistics/x3p_in.h"
#include <openssl/evp.h>
#include <strings.h>
#include <sys/stat.h>
#include <zip.h>
#include "base/banned.h"

#define NAME_MAX_BYTES 200
#define REST_SHOWN 8
#define DOS_EPOCH 315532800 /* 1980-01-01: the first day that an archive can state */

struct member {
    struct slice name, base; /* of libzip, alive until the archive is closed */
    uint64_t size;
    bool folder, junk;
    bool read;
};
struct x3p_zip {
    zip_t *za;
    size_t count, main;
    struct member member[X3P_MEMBERS];
};

/* ---- names ---- */

static bool has_parent(struct slice name)
{
    for (size_t at = 0; at < name.n;) {
        const char *slash = memchr(name.p + at, '/', name.n - at);
        size_t end = slash ? (size_t)(slash - name.p) : name.n;
        if (slice_is(slice_of(name.p + at, end - at), ".."))
            return true;
        at = end + 1;
    }
    return false;
}

/* A relative path of visible characters that stays where it is. */
static bool stays_inside(struct slice name)
{
    if (!name.n || name.n > NAME_MAX_BYTES || name.p[0] == '/' || has_parent(name))
        return false;
    for (size_t i = 0; i < name.n; i++)
        if ((uint8_t)name.p[i] < 0x20 || name.p[i] == 0x7f || name.p[i] == '\\' || name.p[i] == ':')
            return false;
    return true;
}

static struct slice base_of(struct slice name)
{
    const char *slash = memrchr(name.p, '/', name.n);
    return slash ? slice_of(slash + 1, name.n - (size_t)(slash + 1 - name.p)) : name;
}

static bool is_junk(const struct member *m)
{
    return slice_starts(m->name, "__MACOSX/") || slice_starts(m->base, "._") || slice_is(m->base, ".DS_Store") || slice_is(m->base, "Thumbs.db");
}

static bool same_name(struct slice a, struct slice b)
{
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/* ---- judging ---- */

static bool is_link(zip_t *za, zip_uint64_t i)
{
    zip_uint8_t system;
    zip_uint32_t attributes;
    return zip_file_get_external_attributes(za, i, 0, &system, &attributes) == 0 && S_ISLNK(attributes >> 16);
}

static enum err judge_size(const zip_stat_t *st, struct slice name, struct fault *f)
{
    if (st->size > X3P_UNPACKED_MAX)
        return fault_set(f, ERR_REFUSED, "archive", name, "want.x3p_member_size");
    if (st->size > X3P_SMALL && st->size / X3P_RATIO_MAX > st->comp_size)
        return fault_set(f, ERR_REFUSED, "archive", name, "want.x3p_ratio");
    return OK;
}

static enum err judge_kind(zip_t *za, zip_uint64_t i, const zip_stat_t *st, struct slice name, struct fault *f)
{
    if (!stays_inside(name))
        return fault_set(f, ERR_REFUSED, "archive", name, "want.x3p_member_name");
    if (is_link(za, i))
        return fault_set(f, ERR_REFUSED, "archive", name, "want.x3p_no_symlink");
    if (st->encryption_method != ZIP_EM_NONE)
        return fault_set(f, ERR_REFUSED, "archive", name, "want.x3p_not_encrypted");
    if (st->comp_method != ZIP_CM_STORE && st->comp_method != ZIP_CM_DEFLATE)
        return fault_set(f, ERR_REFUSED, "archive", name, "want.x3p_method");
    return judge_size(st, name, f);
}

static enum err add_member(struct x3p_zip *z, zip_uint64_t i, struct x3p *x, struct fault *f)
{
    zip_stat_t st;
    const char *raw = zip_get_name(z->za, i, ZIP_FL_ENC_RAW);
    const zip_uint64_t need = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if (!raw || zip_stat_index(z->za, i, 0, &st) != 0 || (st.valid & need) != need)
        return fault_set(f, ERR_FORMAT, "archive", SLICE(""), "want.x3p_archive");
    struct member *m = &z->member[i];
    *m = (struct member){.name = slice_str(raw), .size = st.size};
    enum err e = judge_kind(z->za, i, &st, m->name, f);
    if (e)
        return e;
    m->folder = m->name.p[m->name.n - 1] == '/';
    m->base = base_of(m->name);
    m->junk = is_junk(m);
    for (size_t k = 0; k < i; k++)
        if (same_name(m->name, z->member[k].name))
            return fault_set(f, ERR_REFUSED, "archive", m->name, "want.x3p_member_once");
    if ((st.valid & ZIP_STAT_MTIME) && st.mtime < DOS_EPOCH - 86400)
        x3p_find(x, X3P_FOUND_TIMES, SLICE(""), SLICE(""));
    z->count = i + 1;
    return OK;
}

/* The one member of that base name; several are told by *several. */
static size_t by_base(const struct x3p_zip *z, struct slice base, bool *several)
{
    size_t found = X3P_NO_MEMBER;
    *several = false;
    for (size_t i = 0; i < z->count; i++) {
        const struct member *m = &z->member[i];
        if (m->folder || m->junk || !slice_eq(m->base, base))
            continue;
        *several |= found != X3P_NO_MEMBER;
        found = i;
    }
    return found;
}

static enum err find_main(struct x3p_zip *z, struct x3p *x, struct fault *f)
{
    bool several;
    z->main = by_base(z, SLICE("main.xml"), &several);
    if (z->main == X3P_NO_MEMBER)
        return fault_set(f, ERR_FORMAT, "archive", SLICE(""), "want.x3p_main");
    if (several)
        return fault_set(f, ERR_REFUSED, "archive", SLICE("main.xml"), "want.x3p_member_once");
    const struct member *m = &z->member[z->main];
    if (m->base.n != m->name.n)
        x3p_find(x, X3P_FOUND_FOLDER, slice_of(m->name.p, m->name.n - m->base.n), SLICE(""));
    return OK;
}

static enum err open_bytes(struct slice bytes, zip_t **out, struct fault *f)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes.p, bytes.n, 0, &error);
    *out = source ? zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error) : NULL;
    if (!*out)
        zip_source_free(source);
    bool memory = zip_error_code_zip(&error) == ZIP_ER_MEMORY;
    zip_error_fini(&error);
    if (*out)
        return OK;
    return fault_set(f, memory ? ERR_MEMORY : ERR_FORMAT, "archive", SLICE(""), "want.x3p_archive");
}

enum err x3p_zip_open(struct slice bytes, struct x3p *x, struct x3p_zip **out, struct fault *f)
{
    struct x3p_zip *z = arena_alloc(&x->arena, sizeof *z);
    if (!z)
        return fault_set(f, ERR_MEMORY, "archive", SLICE(""), "");
    enum err e = open_bytes(bytes, &z->za, f);
    if (e)
        return e;
    zip_int64_t n = zip_get_num_entries(z->za, 0);
    if (n > X3P_MEMBERS)
        e = fault_set(f, ERR_REFUSED, "archive", SLICE(""), "want.x3p_members");
    for (zip_int64_t i = 0; i < n && !e; i++)
        e = add_member(z, (zip_uint64_t)i, x, f);
    if (!e)
        e = find_main(z, x, f);
    if (e)
        x3p_zip_close(z);
    else
        *out = z;
    return e;
}

void x3p_zip_close(struct x3p_zip *z)
{
    if (z)
        zip_discard(z->za);
}

/* ---- members ---- */

size_t x3p_zip_main(const struct x3p_zip *z)
{
    return z->main;
}

uint64_t x3p_zip_size(const struct x3p_zip *z, size_t member)
{
    return z->member[member].size;
}

static struct slice folder_of(const struct x3p_zip *z)
{
    const struct member *m = &z->member[z->main];
    return slice_of(m->name.p, m->name.n - m->base.n);
}

/* folder + rest. */
static size_t by_path(const struct x3p_zip *z, struct slice folder, struct slice rest)
{
    for (size_t i = 0; i < z->count; i++) {
        struct slice name = z->member[i].name;
        if (z->member[i].folder || name.n != folder.n + rest.n || memcmp(name.p, folder.p, folder.n) != 0)
            continue;
        if (memcmp(name.p + folder.n, rest.p, rest.n) == 0)
            return i;
    }
    return X3P_NO_MEMBER;
}

size_t x3p_zip_beside(const struct x3p_zip *z, const char *base)
{
    return by_path(z, folder_of(z), slice_str(base));
}

enum err x3p_zip_link(const struct x3p_zip *z, struct x3p *x, struct slice link, size_t *out, struct fault *f)
{
    bool several = false;
    struct slice path = slice_starts(link, "./") ? slice_of(link.p + 2, link.n - 2) : link;
    if (!stays_inside(path))
        return fault_set(f, ERR_REFUSED, "Record3/DataLink", link, "want.x3p_member_name");
    *out = by_path(z, folder_of(z), path);
    if (*out != X3P_NO_MEMBER)
        return OK;
    *out = by_base(z, base_of(path), &several);
    if (*out == X3P_NO_MEMBER || several)
        return fault_set(f, ERR_FORMAT, "Record3/DataLink", link, "want.x3p_link");
    x3p_find(x, X3P_FOUND_LINK, link, z->member[*out].name);
    return OK;
}

enum err x3p_zip_read(struct x3p_zip *z, size_t member, void *to, struct fault *f)
{
    struct member *m = &z->member[member];
    uint64_t done = 0;
    char more;
    zip_int64_t n = 1;
    zip_file_t *file = zip_fopen_index(z->za, member, 0);
    while (file && done < m->size && n > 0) {
        n = zip_fread(file, (char *)to + done, m->size - done);
        done += n > 0 ? (uint64_t)n : 0;
    }
    bool whole = file && done == m->size && zip_fread(file, &more, 1) == 0; /* the end is where the CRC-32 is checked */
    if (file)
        whole &= zip_fclose(file) == 0;
    m->read = true;
    return whole ? OK : fault_set(f, ERR_DAMAGED, "archive", m->name, "want.x3p_unpack");
}

void x3p_zip_rest(const struct x3p_zip *z, struct x3p *x)
{
    size_t shown[2] = {0};
    for (size_t i = 0; i < z->count; i++) {
        const struct member *m = &z->member[i];
        if (m->read || (m->folder && !m->junk) || shown[m->junk]++ >= REST_SHOWN)
            continue;
        x3p_find(x, m->junk ? X3P_FOUND_JUNK : X3P_FOUND_MEMBER, m->name, SLICE(""));
    }
}

enum err x3p_md5(const void *p, size_t n, uint8_t out[16], struct fault *f)
{
    unsigned length = 16;
    if (EVP_Digest(p, n, out, &length, EVP_md5(), NULL) == 1)
        return OK;
    return fault_set(f, ERR_BUG, "MD5", SLICE(""), "");
}
