#include "base/err.h"

#include <errno.h>
#include "base/banned.h"

static const struct {
    const char *name;
    enum err_who who;
    bool again;
    const char *key;
} table[ERR_COUNT] = {
#define ERR_ROW(code, who, again, key) {#code, who, again, key},
    ERR_TABLE(ERR_ROW)
#undef ERR_ROW
};

/* Cuts at a character and marks the cut with an ellipsis; control bytes and broken UTF-8 are shown as '?'. */
static void show(char *out, size_t room, struct slice s)
{
    static const char ellipsis[] = "\xE2\x80\xA6";
    size_t n = s.n < room ? s.n : room - sizeof ellipsis;
    while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n--;
    if (n)
        memcpy(out, s.p, n);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)out[i] < 0x20 || out[i] == 0x7F)
            out[i] = '?';
    for (ptrdiff_t bad; (bad = slice_utf8_fault(slice_of(out, n))) >= 0;)
        out[bad] = '?';
    memcpy(out + n, ellipsis, n < s.n ? sizeof ellipsis : 0);
    out[n < s.n ? n + sizeof ellipsis - 1 : n] = 0;
}

const char *fault_path(const char *path, char out[FAULT_FIELD])
{
    static const char cut[] = "\u2026";
    size_t n = path ? strlen(path) : 0, room = FAULT_FIELD - sizeof cut;
    if (n < FAULT_FIELD)
        return path ? path : "";
    for (path += n - room; ((unsigned char)*path & 0xC0) == 0x80;)
        path++;
    memcpy(out, cut, sizeof cut - 1);
    memcpy(out + sizeof cut - 1, path, strlen(path) + 1);
    return out;
}

enum err fault_set(struct fault *f, enum err code, const char *field, struct slice value, const char *want)
{
    if (!f)
        return code;
    *f = (struct fault){.code = code};
    char room[FAULT_FIELD];
    show(f->field, sizeof f->field, slice_str(field && *field == '/' ? fault_path(field, room) : field));
    show(f->value, sizeof f->value, value);
    show(f->want, sizeof f->want, slice_str(want));
    return code;
}

enum err fault_sys(struct fault *f, int sys, const char *what)
{
    enum err code = sys == ENOSPC || sys == EDQUOT || sys == EFBIG ? ERR_NO_ROOM : sys == ENOMEM ? ERR_MEMORY : ERR_IO;
    fault_set(f, code, what, slice_of(NULL, 0), code == ERR_NO_ROOM ? "want.room" : NULL);
    if (f)
        f->sys = sys;
    return code;
}

static enum err known(enum err code)
{
    return (unsigned)code < ERR_COUNT ? code : ERR_BUG;
}

enum err_who err_who(enum err code)
{
    return table[known(code)].who;
}

bool err_again(enum err code)
{
    return table[known(code)].again;
}

const char *err_key(enum err code)
{
    return table[known(code)].key;
}

const char *err_name(enum err code)
{
    return table[known(code)].name;
}
