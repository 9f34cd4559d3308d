#include "lang/name.h"
#include "base/arena.h"
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>
#include "base/banned.h"

#define UNITS 2048 /* of UTF-16; a longer name is cut: it is found by its beginning */

struct name_folder {
    const UNormalizer2 *fold, *apart;
    UTransliterator *latin, *ascii;
    UChar a[UNITS], b[UNITS];
};

static UTransliterator *transliterator(const char *id, UErrorCode *e)
{
    UChar text[64];
    u_uastrcpy(text, id);
    return utrans_openU(text, -1, UTRANS_FORWARD, NULL, 0, NULL, e);
}

struct name_folder *name_folder_new(struct fault *f)
{
    UErrorCode e = U_ZERO_ERROR;
    struct name_folder *n = mem_alloc(1, sizeof *n);
    if (n) {
        n->fold = unorm2_getNFKCCasefoldInstance(&e);
        n->apart = unorm2_getNFKDInstance(&e);
        n->latin = transliterator("Any-Latin", &e);
        n->ascii = transliterator("Latin-ASCII", &e);
        if (U_SUCCESS(e))
            return n;
        name_folder_free(n);
    }
    fault_set(f, ERR_MEMORY, "name", SLICE(""), "");
    return NULL;
}

void name_folder_free(struct name_folder *n)
{
    if (!n)
        return;
    if (n->latin)
        utrans_close(n->latin);
    if (n->ascii)
        utrans_close(n->ascii);
    mem_free(n);
}

/* Letters that Arabic writing does not keep apart. */
static UChar32 one_letter(UChar32 c)
{
    static const UChar32 same[][2] = {{0x622, 0x627}, {0x623, 0x627}, {0x625, 0x627}, {0x671, 0x627}, {0x649, 0x64a}, {0x6cc, 0x64a}, {0x626, 0x64a},
        {0x629, 0x647}, {0x624, 0x648}, {0x6a9, 0x643}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (same[i][0] == c)
            return same[i][1];
    return c;
}

static bool is_mark(UChar32 c)
{
    int8_t type = u_charType(c);
    return type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || c == 0x640 || u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

static void put_char(struct buf *out, UChar32 c)
{
    char u[4];
    int32_t n = 0;
    U8_APPEND_UNSAFE(u, n, c);
    buf_add(out, u, (size_t)n);
}

static bool ends_blank(const struct buf *out)
{
    return !out->n || out->p[out->n - 1] == ' ';
}

/* The Arabic article is written with its word: people look for the word. One that is left with two letters keeps it. */
static void drop_article(struct buf *out, size_t word)
{
    static const char article[] = "\xD8\xA7\xD9\x84";
    if (out->n >= word + 4 + 6 && memcmp(out->p + word, article, 4) == 0) {
        memmove(out->p + word, out->p + word + 4, out->n - word - 4);
        out->n -= 4;
        out->p[out->n] = 0;
    }
}

/* Letters and digits as words. other: does a letter stand there that is not Latin? */
static void words(const UChar *s, int32_t n, struct buf *out, bool *other)
{
    UChar32 c;
    size_t word = out->n;
    for (int32_t i = 0; i < n;) {
        U16_NEXT(s, i, n, c);
        UErrorCode e = U_ZERO_ERROR;
        if (is_mark(c) || c == '\'' || c == 0x2019)
            continue;
        if (!u_isalnum(c)) {
            if (!ends_blank(out)) {
                drop_article(out, word);
                buf_byte(out, ' ');
            }
            word = out->n;
            continue;
        }
        if (c > 0x7f && other && uscript_getScript(c, &e) != USCRIPT_LATIN && u_isalpha(c))
            *other = true;
        put_char(out, one_letter(c));
    }
    if (!ends_blank(out)) {
        drop_article(out, word);
        buf_byte(out, ' ');
    }
}

/* Case folded, taken apart, Latin letters brought to ASCII. Returns the length in n->a. */
static int32_t prepare(struct name_folder *n, struct slice s)
{
    UErrorCode e = U_ZERO_ERROR;
    int32_t length = 0, limit;
    u_strFromUTF8Lenient(n->a, UNITS / 2, &length, s.p ? s.p : "", (int32_t)(s.n < UNITS / 2 ? s.n : UNITS / 2), &e);
    length = length < UNITS / 2 ? length : UNITS / 2;
    e = U_ZERO_ERROR;
    length = unorm2_normalize(n->fold, n->a, length, n->b, UNITS / 2, &e);
    if (U_FAILURE(e))
        return 0;
    limit = length;
    utrans_transUChars(n->ascii, n->b, &length, UNITS, 0, &limit, &e);
    if (U_SUCCESS(e))
        length = unorm2_normalize(n->apart, n->b, length, n->a, UNITS, &e);
    return U_SUCCESS(e) ? length : 0;
}

static bool plain(struct slice s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] > 0x7f)
            return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            buf_byte(out, (uint8_t)c);
        else if (c != '\'' && !ends_blank(out))
            buf_byte(out, ' ');
    }
    if (!ends_blank(out))
        buf_byte(out, ' ');
    return true;
}

static void fold(struct name_folder *n, struct slice name, struct buf *out, bool *other)
{
    buf_byte(out, ' ');
    if (plain(name, out)) /* most are, and ICU costs microseconds */
        return;
    words(n->a, prepare(n, name), out, other);
}

void name_fold_query(struct name_folder *n, struct slice query, struct buf *out)
{
    fold(n, query, out, NULL);
}

void name_fold(struct name_folder *n, struct slice name, struct buf *out)
{
    bool other = false;
    UErrorCode e = U_ZERO_ERROR;
    fold(n, name, out, &other);
    if (!other)
        return;
    int32_t length = prepare(n, name), limit = length;
    utrans_transUChars(n->latin, n->a, &length, UNITS, 0, &limit, &e);
    limit = length;
    if (U_SUCCESS(e))
        utrans_transUChars(n->ascii, n->a, &length, UNITS, 0, &limit, &e);
    if (U_SUCCESS(e))
        length = unorm2_normalize(n->fold, n->a, length, n->b, UNITS, &e);
    if (U_SUCCESS(e))
        words(n->b, length, out, NULL);
}

bool name_is_unspaced(struct slice word)
{
    UChar32 c = 0;
    int32_t i = 0;
    UErrorCode e = U_ZERO_ERROR;
    U8_NEXT(word.p, i, (int32_t)word.n, c);
    UScriptCode s = c > 0 ? uscript_getScript(c, &e) : USCRIPT_COMMON;
    return s == USCRIPT_HAN || s == USCRIPT_HIRAGANA || s == USCRIPT_KATAKANA || s == USCRIPT_HANGUL;
}
