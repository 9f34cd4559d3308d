/* What is taken for what: the ranker's beliefs on misreadings, and the table of weights made of them. They come from how
 * alike worn, stamped characters are (measured) and from how keys lie, not from the generators of bench/ranking. */
#include "marks/rank.h"
#include "base/banned.h"

/* Two ways in which a mark comes to be misread; a reading's errors are of one way, with equal chance. The eye errs on a worn
 * mark: similar shapes, what wear leaves of a character, characters lost. The hand errs when copying: neighbouring keys, any
 * character of the kind, exchanges, repetitions. */
const struct rank_belief rank_beliefs[RANK_WAYS] = {
    [RANK_EYE] = {.substituted = 0.76, .lost = 0.14, .extra = 0.05, .swapped = 0.05, .doubled = 0.15,
        .similar = 0.44, .left_over = 0.28, .keys = 0, .kind = 0.20, .any = 0.08},
    [RANK_HAND] = {.substituted = 0.38, .lost = 0.21, .extra = 0.19, .swapped = 0.22, .doubled = 0.40,
        .similar = 0.15, .left_over = 0, .keys = 0.22, .kind = 0.40, .any = 0.23},
};
/* How many errors a reading has, look-alikes and unreadable characters aside. Who marks characters as unreadable reads
 * with care; hence the second row. */
const double rank_error_share[2][3] = {{0.56, 0.24, 0.20}, {0.86, 0.09, 0.05}};

/* Shapes that are taken for each other beyond the fold: likeness of worn, stamped characters as measured by
 * bench/ranking/bench_shapes.c (0..9, rows: on the gun, columns: as read, both 0-9 A-Z) ... */
static const char alike[36][37] = {
    "000102707705301071000001010020501000", /* 0 */
    "000000000000000000000000000000000000", /* 1 */
    "000300021101000000000000000000000000", /* 2 */
    "103005106305010000010000100050000000", /* 3 */
    "000000000030000000000000000000001000", /* 4 */
    "200500605405022030000000200000000000", /* 5 */
    "700106008306423101000001601040201000", /* 6 */
    "002000000000000000000000000002000010", /* 7 */
    "701605800500133152000011521260202000", /* 8 */
    "701304305004050021000011613140201000", /* 9 */
    "000030000000000000000000000000001100", /* A */
    "501505600400187435001133441450401000", /* B */
    "300000401001002070000100400000000000", /* C */
    "000102203508002122000111020110600000", /* D */
    "100002303007220922001511030210100001", /* E */
    "000000101004019002001110060200000000", /* F */
    "700003005203722000000000801030300000", /* G */
    "100000102105022200000066020100401000", /* H */
    "000000000000000000000000000006000111", /* I */
    "000100000000000000000000000000000000", /* J */
    "000000000001001100000111000400001000", /* K */
    "000000000001115100001000000000100000", /* L */
    "000000001103011106001006020100200000", /* M */
    "100000101103011006001060000200302000", /* N */
    "000102605604400080000000000010500000", /* O */
    "100000002104023602000020000400000000", /* P */
    "000000101301000010000000000000100000", /* Q */
    "000000002104012201004012040010001000", /* R */
    "200500406405011030000000100100000000", /* S */
    "000000020000000000600000000000000020", /* T */
    "500000202204061034000123501000000000", /* U */
    "000000000000000000000000000000000010", /* V */
    "100010102111000001001002000100000100", /* W */
    "000000000010000000100000000000001012", /* X */
    "000000010000000000100000000002010100", /* Y */
    "000000000000001000100000000000000200", /* Z */
};
/* ... what wear leaves of a character: how much of the one read lies within the one on the gun (measured likewise) ... */
static const char left_over[36][37] = {
    "000202403401700060020100010010400000", /* 0 */
    "000000000000000000050000000004000010", /* 1 */
    "000200020000000000010000000000000000", /* 2 */
    "001002002100000000030000000021000000", /* 3 */
    "000000000010000000010000000001000000", /* 4 */
    "100400201100000010010000100000000000", /* 5 */
    "400104003101711000000100501030200000", /* 6 */
    "000000000000000000000000000001000000", /* 7 */
    "512914500310421151031200622361211000", /* 8 */
    "401302102000120020030000513130100000", /* 9 */
    "000010000000000000000000000000000000", /* A */
    "513917610410686765242822763574723113", /* B */
    "000000000000000020000100100000000000", /* C */
    "001202101302301121010300020112500000", /* D */
    "111102312003620922322900130225211113", /* E */
    "000000010000004000120100030105000010", /* F */
    "300101001000900000000000401020100000", /* G */
    "000000000001011200011123010100400000", /* H */
    "000000010000000100060000000006000120", /* I */
    "000000000000000000000000000001000000", /* J */
    "000000000010000000010200000201001520", /* K */
    "000000000000100000000000000001000000", /* L */
    "000010000000010104011003011100231120", /* M */
    "000000000010010115012130111100422110", /* N */
    "000000201100500040000000000000200000", /* O */
    "000000000000010401010000000205000000", /* P */
    "000000000000000000000000000000000000", /* Q */
    "101101012121111201013200141013011200", /* R */
    "000400102100100030000000100000000000", /* S */
    "000000000000000000000000000000000010", /* T */
    "100000000000110011010100301000000000", /* U */
    "000000000000000000000000000000000010", /* V */
    "000000000000000000000000000000010010", /* W */
    "000000010000000000001000000000000020", /* X */
    "000000000000000000000000000001000000", /* Y */
    "000000040000000000000000000001000110", /* Z */
};
/* ... and pairs that hands and eyes confuse although print keeps them apart. */
static const struct {
    char a, b;
    uint8_t weight;
} similar[] = {{'1', '7', 6}, {'4', '9', 4}, {'4', 'A', 3}, {'7', 'T', 3}, {'U', 'V', 6}, {'3', '8', 3}, {'C', 'G', 3}, {'P', 'R', 3},
    {'K', 'X', 3}, {'2', '7', 3}, {'1', '4', 2}, {'3', '5', 3}, {'3', '9', 2}, {'0', 'C', 2}, {'V', 'Y', 4}, {'X', 'Y', 2}, {'W', 'V', 3},
    {'4', 'Y', 2}, {'J', '1', 2}, {'J', 'U', 2}, {'J', '3', 1}, {'4', 'H', 2}, {'L', '1', 2}, {'W', 'N', 2}, {'T', '1', 2}, {'2', '3', 2}};
#define SIMILAR (sizeof similar / sizeof similar[0])
static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
#define ALPHABET 36

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int place_of(char c)
{
    return is_digit(c) ? c - '0' : c - 'A' + 10;
}

static double weight_similar(char a, char b)
{
    double w = alike[place_of(a)][place_of(b)] - '0';
    for (size_t i = 0; i < SIMILAR; i++) {
        if ((similar[i].a == a && similar[i].b == b) || (similar[i].a == b && similar[i].b == a))
            return w > similar[i].weight ? w : similar[i].weight;
    }
    return w;
}

static double weight_left_over(char truth, char read)
{
    return left_over[place_of(truth)][place_of(read)] - '0';
}

/* Keys beside each other, on the typewriter's rows and on the number block. */
static const char *const keys[] = {"1234567890", "QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM", "741", "852", "963", "10", "20"};

static double weight_keys(char truth, char read)
{
    double w = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        for (const char *k = keys[i]; k[0] && k[1]; k++)
            w += (k[0] == truth && k[1] == read) || (k[1] == truth && k[0] == read);
    }
    return w;
}

typedef double (*weight_of)(char truth, char read);

/* p * the share of `read` among all that weigh something; *left grows by p when nothing does. */
static double part_of(weight_of weight, double p, char truth, char read, double *left)
{
    double all = 0;
    for (int i = 0; i < ALPHABET; i++)
        all += weight(truth, alphabet[i]);
    if (all > 0)
        return p * weight(truth, read) / all;
    *left += p;
    return 0;
}

/* Probability of reading `read` when `truth` was misread. */
static double confusion(const struct rank_belief *b, char truth, char read)
{
    double kind = b->kind, p = b->any / (ALPHABET - 1);
    p += part_of(weight_similar, b->similar, truth, read, &kind);
    p += part_of(weight_left_over, b->left_over, truth, read, &kind);
    p += part_of(weight_keys, b->keys, truth, read, &kind);
    if (is_digit(truth) == is_digit(read))
        p += kind / (is_digit(truth) ? 9 : 25);
    return p;
}

/* Bytes that no ordinary character folds to (OTHER, rare variants): any misreading is as likely as another. */
static void fill_default(float (*emit)[RANK_BYTES], double error)
{
    for (int r = 0; r < RANK_BYTES; r++) {
        for (int t = 0; t < RANK_BYTES; t++) {
            bool same = r >> 2 == t >> 2;
            emit[r][t] = (float)(same ? (r == t ? 1.0 : RANK_FLIP / 2) : error / ALPHABET);
        }
    }
}

static int others_of_class(const uint8_t *byte, int i)
{
    int n = 0;
    for (int j = 0; j < ALPHABET; j++)
        n += j != i && byte[j] >> 2 == byte[i] >> 2;
    return n;
}

static void fill(float (*emit)[RANK_BYTES], const struct rank_belief *b, const uint8_t *byte)
{
    double error = rank_error_share[0][1] / rank_error_share[0][0] * b->substituted / RANK_ERROR_LENGTH;
    fill_default(emit, error);
    for (int t = 0; t < ALPHABET; t++) {
        int twins = others_of_class(byte, t);
        for (int r = 0; r < ALPHABET; r++) {
            float *cell = &emit[byte[r]][byte[t]];
            if (byte[r] >> 2 == byte[t] >> 2)
                *cell = (float)(r == t ? (twins ? 1 - RANK_FLIP : 1) : RANK_FLIP / twins);
            else
                *cell = (float)(error * confusion(b, alphabet[t], alphabet[r]));
        }
    }
}

void rank_channel_init(struct rank_channel *c)
{
    uint8_t byte[ALPHABET];
    for (int i = 0; i < ALPHABET; i++) {
        unsigned variant = 0, cls = mark_class((uint32_t)alphabet[i], false, &variant);
        byte[i] = (uint8_t)(cls << 2 | variant);
    }
    for (int way = 0; way < RANK_WAYS; way++)
        fill(c->emit[way], &rank_beliefs[way], byte);
    for (int t = 0; t < RANK_BYTES; t++)
        c->any[t] = 1;
}
