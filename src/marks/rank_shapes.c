/* What is taken for what: the ranker's beliefs on misreadings, and the table of weights made of them. They come from what
 * damage makes of characters (simulated), from their strokes, from how keys lie and letters sound, not from the generators of
 * bench/ranking. */
#include "marks/rank.h"

#include <math.h>
#include "base/banned.h"

/* Ways in which a mark comes to be misread; the errors of one reading are of one way. Shares of the parts of an error are round
 * guesses: about two thirds follow the way's own pattern, a quarter stays within the kind (digit or letter), a tenth is anything. */
const struct rank_belief rank_beliefs[RANK_WAYS] = {
    [RANK_EYE] = {.share = 1.5, .substituted = 0.84, .lost = 0.07, .extra = 0.04, .swapped = 0.05, .doubled = 0.15,
        .blurred = 0.45, .strokes = 0.15, .alike = 0.15, .kind = 0.15, .any = 0.10},
    [RANK_WEAR] = {.share = 1.5, .substituted = 0.72, .lost = 0.22, .extra = 0.03, .swapped = 0.03, .doubled = 0.15,
        .worn = 0.45, .left = 0.25, .kind = 0.20, .any = 0.10},
    [RANK_KEYS] = {.share = 1, .substituted = 0.45, .lost = 0.18, .extra = 0.15, .swapped = 0.22, .doubled = 0.40,
        .keys = 0.60, .kind = 0.30, .any = 0.10},
    [RANK_WRITTEN] = {.share = 1, .substituted = 0.65, .lost = 0.15, .extra = 0.10, .swapped = 0.10, .doubled = 0.40,
        .blurred = 0.15, .alike = 0.50, .kind = 0.25, .any = 0.10},
    [RANK_SPOKEN] = {.share = 1, .substituted = 0.70, .lost = 0.10, .extra = 0.05, .swapped = 0.15, .doubled = 0.30,
        .spoken = 0.65, .kind = 0.25, .any = 0.10},
    [RANK_BLIND] = {.share = 1, .substituted = 0.55, .lost = 0.20, .extra = 0.10, .swapped = 0.15, .doubled = 0.30,
        .kind = 0.45, .any = 0.55},
};
/* How many errors a reading has, look-alikes and unreadable characters aside. Errors come together: who makes one makes a second
 * as often as not. Who marks characters as unreadable reads with care; hence the second row. */
const double rank_error_share[2][3] = {{0.56, 0.22, 0.22}, {0.86, 0.09, 0.05}};

/* Of a hundred misreadings of the character of the row (0-9 A-Z), how many are of the look-alike class of the column: simulated
 * by bench/ranking/bench_shapes.c on characters that are blurred ... */
static const char blurred[36][73] = {
    "000000010101320028130028030001003202000000000102000100010100070003000000", /* 0 */
    "020004092002000201020201000200000000002500000101020002010214000003050304", /* 1 */
    "041000140103011811030111000401010101100401100301040104070301020205040100", /* 2 */
    "040411000219020119090219000400000201041200040200040004021900010004020111", /* 3 */
    "091401020002060103022603010901000600140301140100090009020201000115030101", /* 4 */
    "110202120100160122060022011105011602020200020305110011020000010003010002", /* 5 */
    "180100000113000028050228021806010002010002010103180018021300030008000000", /* 6 */
    "041225020101000002010102000401010000120300120100040204010118000901040925", /* 7 */
    "140101060210190000070100011403011906010001010304140114091000020008010001", /* 8 */
    "280002080211040218000018002800000402000100000301280328031100020108000002", /* 9 */
    "011202022702030104010004010101000300120204120102010101050201000113130102", /* A */
    "190002030011080100060000001912020809000001000403190219101100030005000002", /* B */
    "161205000002270005000005001611022700120005120101160116010200050103000005", /* C */
    "000202020105110025100125010002021103020001020203000400020500170101000002", /* D */
    "040903000006070018000018040400200703090004090101040404060600020004000003", /* E */
    "010301000001020006000106020125000202030004030301013401050100010204000101", /* F */
    "340201020209000010030010163404010002020101020202340134010900060002000001", /* G */
    "040002010003040020030020000403010400000001002317040504050300050002000002", /* H */
    "000008010900000400000300000000000000002100000000000000000032000102090708", /* I */
    "023506170703010501020301000200000100350000350001020002000307010202010306", /* J */
    "010603000102020003000303010107020202060000060704010101150201000314190103", /* K */
    "060003000004060003000103140628030602000013000003060106040400060000020003", /* L */
    "050001010102020008040008000501010216000005000023050205060200040705020101", /* M */
    "030000010108050007010107000301020513000004002800030203040801010107080100", /* N */
    "000002020105340010110010090001013401000000000002000100000500120002000002", /* O */
    "040101000001010112040012010406340104010002010701040004120101010104000001", /* P */
    "000103010602140104210104040000011401010001010606000300040200120205000003", /* Q */
    "050103010202020020020520010504020204010011010404051105000200000109030003", /* R */
    "020301100100150025100125000204001502030102030306020002040000010105000001", /* S */
    "014305010103001500000000010100020000430200430000010101010300000202041505", /* T */
    "390402010003080009050009023902020805040101040605390139000300000202000002", /* U */
    "030303000301010804060004010301020100030103030902030203020103040013032203", /* V */
    "050402010804070209050809010502020702040007040604050105050401010400060102", /* W */
    "001208030302000202001002000001000001120019120304000000040202000211000808", /* X */
    "011303020102000701010001010101010000130102130301010201010219002004120003", /* Y */
    "012400020000011906000206020107020101240203240100010101040005000102080200", /* Z */
};
/* ... and on characters worn away in patches. */
static const char worn[36][73] = {
    "000702040105210001120001220001022101070400070000000600000500070000000002", /* 0 */
    "010014040703010900020100020100010101002101000001010001010322000100060114", /* 1 */
    "012400040002004200000100000100000000240600240100010701000202000000040000", /* 2 */
    "041023000031010602010002010401000101100700100100040404013101010000010123", /* 3 */
    "022502020001100002001302110202021002251304250000020202000100010202010102", /* 4 */
    "050708210000040102000102030511160402071100070002050005000002020000000108", /* 5 */
    "070602060125000004010004250703090001060101060000070007002500040000000002", /* 6 */
    "001412000002000000000000010002010000140400140200000100010238021501030412", /* 7 */
    "100604170213120000030000061003051203060200060000100710021300020001000004", /* 8 */
    "190304070125020101000001051903030201031000030000190919012500040101000004", /* 9 */
    "012719031005020100000000030100040201270205270004010101010502000002040019", /* A */
    "140804130010040000020000011410080404080100080000141414021000020000000004", /* B */
    "074709010004110401000001000701041101470001470000070307000402040000000009", /* C */
    "002104040006030002090002050002050302210500210001001400000600130000000004", /* D */
    "002113010006020100000000060000400202210000210100000200010600010000000013", /* E */
    "031211010008000601000001040313000007120201120000032103010803020000000011", /* F */
    "070701060109000001020001500701040001070200070001070107000900040000000001", /* G */
    "031202030004030003020003010305150300120503120912031003010400050000000002", /* H */
    "000016000100000800000100010000000000000800000000000000000047000100060616", /* I */
    "013913140304000700010100010100000000390000390000010001000409010100020113", /* J */
    "012311000201000000000100020103150002230000230204010101060101010001160411", /* K */
    "010022010102060101000101120106190600000009000004010001040205000200010022", /* L */
    "020903020201010101010001010201050126090106090021020402010100040401010103", /* M */
    "030701010202020101010101010301090224070305071900030403010200040101030101", /* N */
    "000803040003160000090000300000011601080400080001000400000300150000000003", /* O */
    "020405000000000501030001000201690002040001040200020002010001000000000005", /* P */
    "001001010503070300120100240000020702100603100100001100010301050100000001", /* Q */
    "031207010103010203010103010304180103120109120003032303000300000001010007", /* R */
    "040809200100040103020003090411110402080401080102040204010001020000000009", /* S */
    "013003000001002300000000020100010000300200300001010001010100010700012603", /* T */
    "173401020002060101030001041702020609340700340102170317000200000100000001", /* U */
    "010802000102012900000000010101060101080403081101010601000201020000011502", /* V */
    "041204010304010201030201030402090104120406120306040704020402080300020304", /* W */
    "001634000202000500000300000001010000160205160106000100010202000101001634", /* X */
    "001506010101002100000000010000000000150300150101000000000119012400030006", /* Y */
    "002800000000004200000000000002010000280000280000000100010013000000060300", /* Z */
};

/* The strokes of a character, as on a display of fourteen segments: what is left of a character when a stroke is gone is another
 * character. A bar may stand anywhere; some characters are cut in several ways. */
enum {
    TOP = 1, RIGHT_UP = 2, RIGHT_LOW = 4, BOTTOM = 8, LEFT_LOW = 16, LEFT_UP = 32, MID_LEFT = 64, MID_RIGHT = 128, FALL_UP = 256,
    BAR_UP = 512, RISE_UP = 1024, RISE_LOW = 2048, BAR_LOW = 4096, FALL_LOW = 8192, MID = MID_LEFT | MID_RIGHT,
    RIGHT = RIGHT_UP | RIGHT_LOW, LEFT = LEFT_UP | LEFT_LOW, BAR = BAR_UP | BAR_LOW, RING = TOP | RIGHT | BOTTOM | LEFT
};
#define CUTS 3
static const uint16_t strokes[36][CUTS] = {{RING}, {RIGHT, BAR, LEFT}, {TOP | RIGHT_UP | MID | LEFT_LOW | BOTTOM},
    {TOP | RIGHT | MID | BOTTOM, TOP | RIGHT | MID_RIGHT | BOTTOM}, {LEFT_UP | MID | RIGHT}, {TOP | LEFT_UP | MID | RIGHT_LOW | BOTTOM},
    {TOP | LEFT | BOTTOM | RIGHT_LOW | MID}, {TOP | RIGHT, TOP | RISE_UP | BAR_LOW, TOP | RISE_UP | RISE_LOW}, {RING | MID},
    {TOP | RIGHT | BOTTOM | LEFT_UP | MID}, /* 9 */
    {TOP | RIGHT | LEFT | MID}, {RING | MID}, {TOP | LEFT | BOTTOM}, {RING, TOP | RIGHT | BOTTOM | BAR}, {TOP | LEFT | MID | BOTTOM},
    {TOP | LEFT | MID}, {TOP | LEFT | BOTTOM | RIGHT_LOW | MID_RIGHT}, {LEFT | MID | RIGHT}, {RIGHT, BAR, LEFT},
    {RIGHT | BOTTOM | LEFT_LOW, RIGHT | BOTTOM}, {LEFT | RISE_UP | FALL_LOW}, {LEFT | BOTTOM}, {LEFT | FALL_UP | RISE_UP | RIGHT},
    {LEFT | FALL_UP | FALL_LOW | RIGHT}, {RING}, {LEFT | TOP | RIGHT_UP | MID}, {RING | FALL_LOW},
    {LEFT | TOP | RIGHT_UP | MID | FALL_LOW, LEFT | TOP | RIGHT | MID}, {TOP | LEFT_UP | MID | RIGHT_LOW | BOTTOM}, {TOP | BAR},
    {LEFT | RIGHT | BOTTOM}, {LEFT | RISE_UP | RISE_LOW, FALL_UP | BAR_UP | RISE_UP}, {LEFT | RISE_LOW | FALL_LOW | RIGHT},
    {FALL_UP | RISE_UP | RISE_LOW | FALL_LOW}, {FALL_UP | RISE_UP | BAR_LOW}, {TOP | RISE_UP | RISE_LOW | BOTTOM}};

/* Pairs that print keeps apart and hands and eyes do not; weight by how commonly they are named in advice on writing codes. */
static const struct {
    char a, b;
    uint8_t weight;
} pairs[] = {
    {'1', '7', 6}, {'4', '9', 4}, {'4', 'A', 3}, {'7', 'T', 3}, {'U', 'V', 6}, {'3', '8', 3}, {'C', 'G', 3},
    {'P', 'R', 3}, {'K', 'X', 3}, {'2', '7', 3}, {'1', '4', 2}, {'3', '5', 3}, {'3', '9', 2}, {'0', 'C', 2},
    {'V', 'Y', 4}, {'X', 'Y', 2}, {'W', 'V', 3}, {'4', 'Y', 2}, {'J', '1', 2}, {'J', 'U', 2}, {'J', '3', 1},
    {'4', 'H', 2}, {'L', '1', 2}, {'W', 'N', 2}, {'T', '1', 2}, {'2', '3', 2}};

/* Characters whose names rhyme or begin alike, in English and its neighbours (Conrad 1964; Hull 1973). */
static const char *const sounds[] = {"BCDEGPTVZ3", "AJK8H", "MN", "FSX6", "QU2W", "IY59", "5F9"};

/* Keys beside each other, on the typewriter's rows and on the number block. */
static const char *const keys[] = {"1234567890", "QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM", "741", "852", "963", "10", "20"};


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

static unsigned class_of(char c)
{
    unsigned variant;
    return mark_class((uint32_t)c, false, &variant);
}

static double cell(const char (*table)[73], char truth, char read)
{
    const char *two = &table[place_of(truth)][2 * place_of(read)];
    return (two[0] - '0') * 10 + (two[1] - '0');
}

static double weight_blurred(char truth, char read)
{
    return cell(blurred, truth, read);
}

static double weight_worn(char truth, char read)
{
    return cell(worn, truth, read);
}

/* Half of the middle stroke counts half. */
static double count_strokes(unsigned set)
{
    return __builtin_popcount(set & ~(unsigned)MID) + 0.5 * __builtin_popcount(set & MID);
}

/* A stroke gone costs `gone`, one that was not there `more`, in the cheapest cut of both. */
static double by_strokes(char truth, char read, double gone, double more)
{
    double best = 0;
    for (int i = 0; i < CUTS && class_of(truth) != class_of(read); i++) {
        for (int j = 0; j < CUTS; j++) {
            unsigned t = strokes[place_of(truth)][i], r = strokes[place_of(read)][j];
            double w = t && r ? exp(-gone * count_strokes(t & ~r) - more * count_strokes(r & ~t)) : 0;
            best = w > best ? w : best;
        }
    }
    return best;
}

static double weight_strokes(char truth, char read)
{
    return by_strokes(truth, read, 1.1, 1.1);
}

static double weight_left(char truth, char read)
{
    return by_strokes(truth, read, 0.5, 2);
}

static double weight_alike(char a, char b)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if ((pairs[i].a == a && pairs[i].b == b) || (pairs[i].a == b && pairs[i].b == a))
            return pairs[i].weight;
    }
    return 0;
}

static double weight_spoken(char truth, char read)
{
    double w = 0;
    for (size_t i = 0; i < sizeof sounds / sizeof *sounds; i++)
        w += truth != read && strchr(sounds[i], truth) && strchr(sounds[i], read);
    return w;
}

static double weight_keys(char truth, char read)
{
    double w = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        for (const char *k = keys[i]; k[0] && k[1]; k++)
            w += (k[0] == truth && k[1] == read) || (k[1] == truth && k[0] == read);
    }
    return w;
}

/* p * the share of `read` among all that weigh something; *left grows by p when nothing does. */
static double part_of(double (*weight)(char truth, char read), double p, char truth, char read, double *left)
{
    double all = 0;
    for (int i = 0; p > 0 && i < ALPHABET; i++)
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
    p += part_of(weight_blurred, b->blurred, truth, read, &kind);
    p += part_of(weight_worn, b->worn, truth, read, &kind);
    p += part_of(weight_strokes, b->strokes, truth, read, &kind);
    p += part_of(weight_left, b->left, truth, read, &kind);
    p += part_of(weight_alike, b->alike, truth, read, &kind);
    p += part_of(weight_keys, b->keys, truth, read, &kind);
    p += part_of(weight_spoken, b->spoken, truth, read, &kind);
    if (is_digit(truth) == is_digit(read))
        p += kind / (is_digit(truth) ? 9 : 25);
    return p;
}

/* Bytes that no ordinary character folds to (OTHER, rare variants): any misreading is as likely as another. */
static void fill_default(struct rank_channel *c, double error)
{
    memset(c->glyph, RANK_GLYPHS - 1, sizeof c->glyph);
    for (int b = 0; b < RANK_BYTES; b++) {
        for (int v = 0; v < 4; v++)
            c->keep[b][v] = v == (b & 3) ? 1.0f : (float)RANK_FLIP / 2;
    }
    for (int r = 0; r < RANK_GLYPHS; r++) {
        for (int t = 0; t < RANK_GLYPHS; t++) {
            for (int way = 0; way < RANK_WAYS; way++)
                rank_lane_set(&c->wrong[r][t], way, (float)(error * rank_beliefs[way].substituted / ALPHABET));
        }
    }
}

static int others_of_class(int i)
{
    int n = 0;
    for (int j = 0; j < ALPHABET; j++)
        n += j != i && class_of(alphabet[j]) == class_of(alphabet[i]);
    return n;
}

static void fill(struct rank_channel *c, int truth, double error, const uint8_t *byte)
{
    int twins = others_of_class(truth);
    c->glyph[byte[truth]] = (uint8_t)truth;
    for (int r = 0; r < ALPHABET; r++) {
        if (byte[r] >> 2 == byte[truth] >> 2)
            c->keep[byte[r]][byte[truth] & 3] = (float)(r == truth ? (twins ? 1 - RANK_FLIP : 1) : RANK_FLIP / twins);
        for (int way = 0; way < RANK_WAYS; way++) {
            const struct rank_belief *b = &rank_beliefs[way];
            rank_lane_set(&c->wrong[r][truth], way, (float)(error * b->substituted * confusion(b, alphabet[truth], alphabet[r])));
        }
    }
}

void rank_shapes_init(struct rank_channel *c)
{
    uint8_t byte[ALPHABET];
    double error = rank_error_share[0][1] / rank_error_share[0][0] / RANK_ERROR_LENGTH;
    for (int i = 0; i < ALPHABET; i++) {
        unsigned variant = 0, cls = mark_class((uint32_t)alphabet[i], false, &variant);
        byte[i] = (uint8_t)(cls << 2 | variant);
    }
    memset(c, 0, sizeof *c);
    fill_default(c, error);
    for (int t = 0; t < ALPHABET; t++)
        fill(c, t, error, byte);
    for (int v = 0; v < 4; v++)
        c->any[v] = 1;
    for (int t = 0; t < RANK_GLYPHS; t++) {
        for (int way = 0; way < RANK_WAYS; way++)
            rank_lane_set(&c->not_of_set[t], way, NOT_OF_SET);
    }
}
