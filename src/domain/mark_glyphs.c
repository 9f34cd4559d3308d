/* The glyph tables behind mark_spell: which class and variant a code point has.
 * Classes: 1..10 the digits 0..9 with their look-alike letters, 11..27 the other Latin letters, 28..46 Cyrillic and Greek
 * shapes that have no Latin twin, 47 everything else. Case is dropped before shape is asked (a lazily typed "b12" means
 * B12); by shape, lower-case b g q are 6, 9, 9. Arabic-Indic shapes: facts "Look-alikes per script". */
#include "domain/mark.h"
#include "base/banned.h"

#define K(cls, variant) (uint8_t)((cls) << 2 | (variant))
#define DIGIT(d) K(1 + (d), 0)
enum {
    C_A = 11, C_C, C_E, C_F, C_H, C_J, C_K, C_M, C_N, C_P, C_R, C_T, C_U, C_V, C_W, C_X, C_Y,
    C_GHE, C_DE, C_ZHE, C_I, C_EL, C_PE, C_EF, C_TSE, C_CHE, C_SHA, C_SHCHA, C_YER, C_YU, C_YA, C_THETA, C_XI, C_SIGMA,
    C_PSI, C_OMEGA
};
_Static_assert(C_OMEGA == MARK_CLASS_OTHER - 1, "classes fill the alphabet");

static const uint8_t letters[26] = {
    K(C_A, 0), K(9, 1), K(C_C, 0), K(1, 3), K(C_E, 0), K(C_F, 0), K(7, 1), K(C_H, 0), K(2, 1), K(C_J, 0), K(C_K, 0),
    K(2, 2), K(C_M, 0), K(C_N, 0), K(1, 1), K(C_P, 0), K(1, 2), K(C_R, 0), K(6, 1), K(C_T, 0), K(C_U, 0), K(C_V, 0),
    K(C_W, 0), K(C_X, 0), K(C_Y, 0), K(3, 1)
};
#define L_O K(1, 1)
#define L_B K(9, 1)
#define L_S K(6, 1)
#define L_I K(2, 1)
#define L_Z K(3, 1)

/* U+0410..U+042F */
static const uint8_t cyrillic[32] = {
    K(C_A, 0), K(7, 3), L_B, K(C_GHE, 0), K(C_DE, 0), K(C_E, 0), K(C_ZHE, 0), K(4, 1), K(C_I, 0), K(C_I, 1), K(C_K, 0),
    K(C_EL, 0), K(C_M, 0), K(C_H, 0), L_O, K(C_PE, 0), K(C_P, 0), K(C_C, 0), K(C_T, 0), K(C_Y, 0), K(C_EF, 0), K(C_X, 0),
    K(C_TSE, 0), K(C_CHE, 0), K(C_SHA, 0), K(C_SHCHA, 0), K(C_YER, 1), K(C_YER, 2), K(C_YER, 0), K(4, 2), K(C_YU, 0),
    K(C_YA, 0)
};
/* U+0400..U+040F */
static const uint8_t cyrillic_more[16] = {
    K(C_E, 0), K(C_E, 0), K(C_H, 1), K(C_GHE, 1), K(C_E, 1), L_S, L_I, L_I, K(C_J, 0), K(C_EL, 1), K(C_H, 2), K(C_H, 3),
    K(C_K, 0), K(C_I, 0), K(C_Y, 0), K(C_TSE, 1)
};
/* U+0391..U+03A9; 03A2 is not assigned */
static const uint8_t greek[25] = {
    K(C_A, 0), L_B, K(C_GHE, 2), K(C_DE, 1), K(C_E, 0), L_Z, K(C_H, 0), K(C_THETA, 0), L_I, K(C_K, 0), K(C_A, 1),
    K(C_M, 0), K(C_N, 0), K(C_XI, 0), L_O, K(C_PE, 1), K(C_P, 0), 0, K(C_SIGMA, 0), K(C_T, 0), K(C_Y, 0), K(C_EF, 1),
    K(C_X, 0), K(C_PSI, 0), K(C_OMEGA, 0)
};
/* Base letters of U+00C0..U+00DF (and +0x20) and of U+0100..U+017F; '-' folds to nothing. */
static const char latin_1[] = "AAAAAAACEEEEIIIIDNOOOOO-OUUUUYPS";
static const char latin_a[] = "AAAAAACCCCCCCCDDDDEEEEEEEEEEGGGGGGGGHHHHIIIIIIIIIIIIJJKKKLLLLLLLLLLNNNNNNNNNOOOOOOOORRRRRR"
                              "SSSSSSSSTTTTTTUUUUUUUUUUUUWWYYYZZZZZZS";
_Static_assert(sizeof latin_1 == 33 && sizeof latin_a == 129, "one letter a code point");

static const struct {
    uint32_t from;
    char to[5];
} spelled[] = {
    {0xC6, "AE"}, {0xDF, "SS"}, {0xE6, "AE"}, {0x132, "IJ"}, {0x133, "IJ"}, {0x152, "OE"}, {0x153, "OE"},
    {0x1E9E, "SS"}, {0x2160, "I"}, {0x2161, "II"}, {0x2162, "III"}, {0x2163, "IV"}, {0x2164, "V"}, {0x2165, "VI"},
    {0x2166, "VII"}, {0x2167, "VIII"}, {0x2168, "IX"}, {0x2169, "X"}, {0x216A, "XI"}, {0x216B, "XII"}, {0x216C, "L"},
    {0x216D, "C"}, {0x216E, "D"}, {0x216F, "M"}
};
static const struct {
    uint32_t from;
    uint8_t to;
} singles[] = {
    {0xB2, DIGIT(2)}, {0xB3, DIGIT(3)}, {0xB9, DIGIT(1)}, {0x386, K(C_A, 0)}, {0x388, K(C_E, 0)}, {0x389, K(C_H, 0)},
    {0x38A, L_I}, {0x38C, L_O}, {0x38E, K(C_Y, 0)}, {0x38F, K(C_OMEGA, 0)}, {0x3AC, K(C_A, 0)}, {0x3AD, K(C_E, 0)},
    {0x3AE, K(C_H, 0)}, {0x3AF, L_I}, {0x3C2, K(C_SIGMA, 0)}, {0x3CC, L_O}, {0x3CD, K(C_Y, 0)}, {0x3CE, K(C_OMEGA, 0)},
    {0x490, K(C_GHE, 3)}, {0x491, K(C_GHE, 3)}, {0x2070, DIGIT(0)}, {0x2126, K(C_OMEGA, 0)}, {0x212A, K(C_K, 0)}
};
/* First of each run of ten decimal digits (Unicode Nd), and whether it is read as non-Latin script. */
static const uint32_t digit_runs[] = {
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20,
    0x1040, 0x17E0, 0x1810, 0xFF10
};
/* Arabic-Indic digits as someone who reads Latin sees them; 2, 3, 4 have no agreed twin and keep their value, the zero is
 * a dot. Persian 4 and 6 differ in shape and keep their value. */
static const uint8_t arabic_shape[10] = {
    0, L_I, DIGIT(2), DIGIT(3), DIGIT(4), DIGIT(0), DIGIT(7), K(C_V, 0), K(C_A, 1), DIGIT(9)
};
static const uint8_t persian_shape[10] = {
    0, L_I, DIGIT(2), DIGIT(3), DIGIT(4), DIGIT(0), DIGIT(6), K(C_V, 0), K(C_A, 1), DIGIT(9)
};
/* Signs between characters, which are not engraved or carry nothing. */
static const struct {
    uint32_t first, last;
} nothing[] = {
    {0x0, 0x2F}, {0x3A, 0x40}, {0x5B, 0x60}, {0x7D, 0xB1}, {0xB4, 0xB8}, {0xBA, 0xBF}, {0xD7, 0xD7}, {0xF7, 0xF7},
    {0x2B0, 0x36F}, {0x374, 0x375}, {0x37E, 0x37E}, {0x387, 0x387}, {0x483, 0x489}, {0x55A, 0x55F}, {0x60C, 0x60D},
    {0x61B, 0x61F}, {0x640, 0x640}, {0x64B, 0x65F}, {0x66A, 0x66D}, {0x6D4, 0x6D4}, {0x2000, 0x206F}, {0x20A0, 0x20CF},
    {0x2116, 0x2116}, {0x2122, 0x2122}, {0x2190, 0x245F}, {0x2500, 0x2BFF}, {0x3000, 0x3004}, {0x3008, 0x3020}, {0x30FB, 0x30FB},
    {0xFE00, 0xFE6F}, {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFF}, {0xE0000, 0xE0FFF}
};

static bool is_nothing(uint32_t c)
{
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        if (c >= nothing[i].first && c <= nothing[i].last)
            return true;
    return false;
}

static uint8_t of_ascii(uint32_t c, bool by_shape)
{
    if (c >= '0' && c <= '9')
        return DIGIT(c - '0');
    if (c >= 'A' && c <= 'Z')
        return letters[c - 'A'];
    if (c == '|')
        return K(2, 3);
    if (c < 'a' || c > 'z')
        return 0;
    if (by_shape && c == 'b')
        return K(7, 2);
    if (by_shape && (c == 'g' || c == 'q'))
        return K(10, c == 'g' ? 1 : 2);
    return letters[c - 'a'];
}

static uint8_t of_digit_run(uint32_t c, bool by_shape)
{
    for (size_t i = 0; i < sizeof digit_runs / sizeof *digit_runs; i++) {
        uint32_t d = c - digit_runs[i];
        if (d > 9)
            continue;
        if (by_shape && digit_runs[i] == 0x660)
            return arabic_shape[d];
        if (by_shape && digit_runs[i] == 0x6F0)
            return persian_shape[d];
        return DIGIT(d);
    }
    return 0xFF;
}

static uint8_t of_script(uint32_t c)
{
    if (c >= 0x430 && c <= 0x44F)
        c -= 0x20;
    else if (c >= 0x450 && c <= 0x45F)
        c -= 0x50;
    else if (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2)
        c -= 0x20;
    if (c >= 0x410 && c <= 0x42F)
        return cyrillic[c - 0x410];
    if (c >= 0x400 && c <= 0x40F)
        return cyrillic_more[c - 0x400];
    if (c >= 0x391 && c <= 0x3A9 && c != 0x3A2)
        return greek[c - 0x391];
    return 0;
}

static uint8_t of_latin(uint32_t c)
{
    char base = '-';
    if (c >= 0xC0 && c <= 0xDF)
        base = latin_1[c - 0xC0];
    else if (c >= 0xE0 && c <= 0xFF)
        base = c == 0xFF ? 'Y' : latin_1[c - 0xE0];
    else if (c >= 0x100 && c <= 0x17F)
        base = latin_a[c - 0x100];
    return base == '-' ? 0 : letters[base - 'A'];
}

static uint8_t of_single(uint32_t c)
{
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++)
        if (singles[i].from == c)
            return singles[i].to;
    return 0;
}

static unsigned of_spelled(uint32_t c, uint8_t out[MARK_SPELL])
{
    if (c >= 0x2170 && c <= 0x217F)
        c -= 0x10;
    for (size_t i = 0; i < sizeof spelled / sizeof *spelled; i++) {
        if (spelled[i].from != c)
            continue;
        unsigned n = 0;
        for (; n < MARK_SPELL && spelled[i].to[n]; n++)
            out[n] = letters[spelled[i].to[n] - 'A'];
        return n;
    }
    return 0;
}

static unsigned one(uint8_t k, uint8_t out[MARK_SPELL])
{
    out[0] = k;
    return k ? 1 : 0;
}

unsigned mark_spell(uint32_t c, bool by_shape, uint8_t out[MARK_SPELL])
{
    if (c >= 0xFF01 && c <= 0xFF5E)
        c -= 0xFF01 - '!';
    if (c < 0x80)
        return one(of_ascii(c, by_shape), out);
    unsigned n = of_spelled(c, out);
    if (n)
        return n;
    uint8_t k = of_digit_run(c, by_shape);
    if (k != 0xFF)
        return one(k, out);
    k = of_single(c);
    if (!k)
        k = of_script(c);
    if (!k)
        k = of_latin(c);
    if (!k && c >= 0x2460 && c <= 0x2468)
        k = DIGIT(c - 0x245F);
    if (!k && !is_nothing(c))
        k = K(MARK_CLASS_OTHER, c & 3);
    return one(k, out);
}

/* Four variants a class; a variant with no Latin glyph shows its class's first. */
static const char shown[][5] = {
    "    ", "0OQD", "1IL|", "2Z22", "3333", "4444", "5S55", "6Gb6", "7777", "8B88", "9gq9", "AAAA", "CCCC", "EEEE", "FFFF",
    "HHHH", "JJJJ", "KKKK", "MMMM", "NNNN", "PPPP", "RRRR", "TTTT", "UUUU", "VVVV", "WWWW", "XXXX", "YYYY"
};

char mark_glyph(unsigned cls, unsigned variant)
{
    return cls > 0 && cls < sizeof shown / sizeof *shown ? shown[cls][variant & 3] : '#';
}
