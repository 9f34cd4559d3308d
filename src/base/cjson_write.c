#include "base/cjson.h"
#include "base/json_plain.h"
#include "base/node.h"

#include <math.h>
#include "base/banned.h"

#define INT_LIMIT (INT64_C(1) << 53)
#define DECIMALS_MAX 9

enum { IN_OBJECT = 1, NOT_EMPTY = 2, KEY_WRITTEN = 4 };

void cj_open(struct cj *j, struct buf *out)
{
    *j = (struct cj){.out = out};
}

void cj_open_loose(struct cj *j, struct buf *out)
{
    *j = (struct cj){.out = out, .loose = true};
}

void cj_open_tree(struct cj *j, struct arena *a, struct buf *errors)
{
    *j = (struct cj){.out = errors, .tree = a, .loose = true};
}

static bool fail(struct cj *j, enum err err)
{
    if (!j->out->err)
        j->out->err = err;
    return false;
}

/* ---- where a value may stand ---- */

/* Writes the comma that a value needs. False when no value may stand here or writing has failed before. */
static bool value_begin(struct cj *j)
{
    if (j->out->err)
        return false;
    if (j->depth == 0) {
        if (j->done)
            return fail(j, ERR_BUG);
        j->done = true;
        return true;
    }
    uint8_t *state = &j->state[j->depth - 1];
    if (*state & IN_OBJECT) {
        if (!(*state & KEY_WRITTEN))
            return fail(j, ERR_BUG);
        *state = IN_OBJECT | NOT_EMPTY;
        return true;
    }
    if (*state & NOT_EMPTY && !j->tree)
        buf_byte(j->out, ',');
    *state |= NOT_EMPTY;
    return true;
}

/* ---- the tree in place of text ---- */

/* A value with `key` (may be empty), below the innermost open one or as the root. */
static struct node *tree_node(struct cj *j, struct slice key)
{
    struct node *v = (struct node *)arena_cut(j->tree, sizeof *v + key.n);
    if (!v) {
        fail(j, ERR_MEMORY);
        return NULL;
    }
    char *copy = (char *)(v + 1);
    if (key.n)
        memcpy(copy, key.p, key.n);
    *v = (struct node){.key = slice_of(copy, key.n), .mark = node_mark(key)};
    if (j->depth)
        node_append(j->node[j->depth - 1], v);
    else
        j->root = v;
    return v;
}

/* After value_begin: where the value goes, NULL without memory. */
static struct node *tree_value(struct cj *j, enum node_type type)
{
    struct node *v = j->depth && j->node[j->depth - 1]->type == NODE_OBJECT ? j->keyed : tree_node(j, SLICE(""));
    if (v)
        v->type = type;
    return v;
}

static void tree_text(struct cj *j, enum node_type type, struct slice s)
{
    struct node *v = tree_value(j, type);
    char *copy = v ? arena_cut(j->tree, s.n) : NULL;
    if (!copy) {
        fail(j, ERR_MEMORY);
        return;
    }
    if (s.n)
        memcpy(copy, s.p, s.n);
    v->text = slice_of(copy, s.n);
}

static void tree_raw(struct cj *j, struct slice json)
{
    struct node *v = tree_value(j, NODE_NULL), *read;
    struct slice copy = v ? arena_copy(j->tree, json) : json;
    enum err e = v && copy.p ? node_parse(j->tree, copy, &read, NULL) : ERR_MEMORY;
    if (e) {
        fail(j, e);
        return;
    }
    v->type = read->type;
    v->text = read->text;
    v->first = read->first;
    v->last = read->last;
    v->has = read->has;
}

/* ---- */

static void container(struct cj *j, char bracket, uint8_t state)
{
    if (!value_begin(j))
        return;
    if (j->depth == CJ_DEPTH) {
        fail(j, ERR_BUG);
        return;
    }
    if (j->tree && !(j->node[j->depth] = tree_value(j, state & IN_OBJECT ? NODE_OBJECT : NODE_LIST)))
        return;
    j->state[j->depth++] = state;
    if (!j->tree)
        buf_byte(j->out, (uint8_t)bracket);
}

static void container_end(struct cj *j, char bracket, uint8_t state)
{
    if (j->depth == 0 || (j->state[j->depth - 1] & ~NOT_EMPTY) != state) {
        fail(j, ERR_BUG);
        return;
    }
    j->depth--;
    if (!j->tree)
        buf_byte(j->out, (uint8_t)bracket);
}

void cj_obj(struct cj *j)
{
    container(j, '{', IN_OBJECT);
}

void cj_obj_end(struct cj *j)
{
    container_end(j, '}', IN_OBJECT);
}

void cj_arr(struct cj *j)
{
    container(j, '[', 0);
}

void cj_arr_end(struct cj *j)
{
    container_end(j, ']', 0);
}

/* ---- strings ---- */

static void escape(struct buf *out, uint8_t c)
{
    static const char digit[] = "0123456789abcdef";
    if (c >= 0x20) {
        buf_add(out, (char[]){'\\', (char)c}, 2);
        return;
    }
    buf_add(out, (char[]){'\\', 'u', '0', '0', digit[c >> 4], digit[c & 15]}, 6);
}

/* What is left of a string after its plain ASCII beginning. */
static void string_rest(struct cj *j, struct slice s)
{
    if (slice_utf8_fault(s) >= 0) {
        fail(j, ERR_ENCODING);
        return;
    }
    while (s.n) {
        size_t run = json_plain(s.p, s.n, 0);
        buf_add(j->out, s.p, run);
        if (run == s.n)
            return;
        escape(j->out, (uint8_t)s.p[run]);
        s = slice_of(s.p + run + 1, s.n - run - 1);
    }
}

static void string(struct cj *j, struct slice s)
{
    size_t run = json_plain(s.p, s.n, 0x80);
    bool all = run == s.n;
    char *at = (char *)buf_room(j->out, run + 1 + all);
    if (!at)
        return;
    *at = '"';
    if (run)
        memcpy(at + 1, s.p, run);
    if (all) {
        at[run + 1] = '"';
        return;
    }
    string_rest(j, slice_of(s.p + run, s.n - run));
    buf_byte(j->out, '"');
}

void cj_str(struct cj *j, struct slice s)
{
    if (!value_begin(j))
        return;
    if (!j->tree)
        string(j, s);
    else if (slice_utf8_fault(s) >= 0)
        fail(j, ERR_ENCODING);
    else
        tree_text(j, NODE_STRING, s);
}

/* Do the bytes of `a` come before those of `b`? */
static bool before(const char *a, size_t a_n, const char *b, size_t b_n)
{
    if (a_n && b_n && *a != *b)
        return (uint8_t)*a < (uint8_t)*b;
    return slice_cmp(slice_of(a, a_n), slice_of(b, b_n)) < 0;
}

/* Canonical: keys ascend and need no escape. */
static bool key_allowed(struct cj *j, const char *z, size_t n, bool plain)
{
    size_t last = (size_t)j->depth - 1;
    if (j->loose)
        return true;
    if (!plain && json_plain(z, n, 0) < n)
        return false;
    return !(j->state[last] & NOT_EMPTY) || before(j->out->p + j->last_at[last], j->last_n[last], z, n);
}

void cj_key_n(struct cj *j, const char *z, size_t n)
{
    bool plain = !j->tree && json_plain(z, n, 0x80) == n;
    if (j->out->err)
        return;
    uint8_t *state = j->depth ? &j->state[j->depth - 1] : NULL;
    if (!state || !(*state & IN_OBJECT) || *state & KEY_WRITTEN || !key_allowed(j, z, n, plain)) {
        fail(j, ERR_BUG);
        return;
    }
    if (j->tree) {
        *state |= KEY_WRITTEN;
        j->keyed = tree_node(j, slice_of(z, n));
        return;
    }
    bool comma = *state & NOT_EMPTY;
    *state |= KEY_WRITTEN;
    j->last_n[j->depth - 1] = n;
    j->last_at[j->depth - 1] = j->out->n + comma + 1;
    if (!plain) {
        if (comma)
            buf_byte(j->out, ',');
        string(j, slice_of(z, n));
        buf_byte(j->out, ':');
        return;
    }
    char *at = (char *)buf_room(j->out, n + 3 + comma);
    if (!at)
        return;
    if (comma)
        *at++ = ',';
    *at++ = '"';
    memcpy(at, z, n);
    at[n] = '"';
    at[n + 1] = ':';
}

/* ---- the other values ---- */

void cj_int(struct cj *j, int64_t v)
{
    if (v <= -INT_LIMIT || v >= INT_LIMIT) {
        fail(j, ERR_RANGE);
        return;
    }
    if (!value_begin(j))
        return;
    if (!j->tree) {
        buf_dec(j->out, v);
        return;
    }
    char room[24];
    struct buf text;
    buf_on(&text, room, sizeof room, sizeof room - 1);
    buf_dec(&text, v);
    tree_text(j, NODE_NUMBER, buf_view(&text));
}

void cj_raw(struct cj *j, struct slice json)
{
    if (!value_begin(j))
        return;
    if (j->tree)
        tree_raw(j, json);
    else
        buf_slice(j->out, json);
}

static void word(struct cj *j, enum node_type type, struct slice text)
{
    if (!value_begin(j))
        return;
    if (j->tree)
        tree_value(j, type);
    else
        buf_slice(j->out, text);
}

void cj_bool(struct cj *j, bool v)
{
    if (v)
        word(j, NODE_TRUE, SLICE("true"));
    else
        word(j, NODE_FALSE, SLICE("false"));
}

void cj_null(struct cj *j)
{
    word(j, NODE_NULL, SLICE("null"));
}

/* v as an integer count of 10^-decimals; false when that is not exact enough. */
static bool scaled(double v, int decimals, int64_t *out)
{
    static const double power[DECIMALS_MAX + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    double whole = v * power[decimals];
    if (!(fabs(whole) < (double)INT_LIMIT))
        return false;
    *out = llround(whole);
    return true;
}

static void write_scaled(struct buf *out, int64_t v, int decimals)
{
    char text[32];
    size_t at = sizeof text;
    uint64_t left = (uint64_t)(v < 0 ? -v : v);
    for (int i = 0; i < decimals; i++, left /= 10)
        text[--at] = (char)('0' + left % 10);
    if (decimals)
        text[--at] = '.';
    do
        text[--at] = (char)('0' + left % 10);
    while (left /= 10);
    if (v < 0)
        text[--at] = '-';
    buf_add(out, text + at, sizeof text - at);
}

static void write_double(struct buf *out, double v, int decimals)
{
    int64_t whole;
    if (scaled(v, decimals, &whole))
        write_scaled(out, whole, decimals);
    else
        buf_printf(out, "%.*f", decimals, v);
}

void cj_double(struct cj *j, double v, int decimals)
{
    if (!j->loose || decimals < 0 || decimals > DECIMALS_MAX) {
        fail(j, ERR_BUG);
        return;
    }
    if (!isfinite(v)) {
        cj_null(j);
        return;
    }
    if (!value_begin(j))
        return;
    if (!j->tree) {
        write_double(j->out, v, decimals);
        return;
    }
    char room[512]; /* of the largest double 309 digits and nine behind the point */
    struct buf text;
    buf_on(&text, room, sizeof room, sizeof room - 1);
    write_double(&text, v, decimals);
    tree_text(j, NODE_NUMBER, buf_view(&text));
}

/* ---- key and value ---- */

void cj_khex(struct cj *j, const char *key, const uint8_t *p, size_t n)
{
    cj_key(j, key);
    if (!value_begin(j))
        return;
    if (!j->tree) {
        buf_byte(j->out, '"');
        buf_hex(j->out, p, n);
        buf_byte(j->out, '"');
        return;
    }
    struct node *v = tree_value(j, NODE_STRING);
    char *hex = v ? arena_cut(j->tree, 2 * n + 1) : NULL;
    if (!hex) {
        fail(j, ERR_MEMORY);
        return;
    }
    hex_of(p, n, hex);
    v->text = slice_of(hex, 2 * n);
}
