/* Forjas Taurus, 1981-2019: two letters tell year and month. The first round of the alphabet, A = 1981 to Z = 2006,
 * takes its months from A to L. The second, A = 2007 to M = 2019, takes twelve letters from M on, leaving out Q, and V
 * too from 2010, when Z became a month. Serials of three letters carry the pair in letters two and three; a few later
 * series with three letters do not follow it, hence the confidence. */
#include "domain/terms.h"
#include "domain/fold.h"
#include "domain/terms_table.h"

#include "base/banned.h"

#define FIRST_YEAR 1981
#define LAST_YEAR 2019
#define SECOND_ROUND 2007
#define SURE 100
#define THREE_LETTERS 95

static int second_month(int year, char letter)
{
    int month = 0;
    for (char c = 'm'; c <= letter; c++)
        if (c != 'q' && !(c == 'v' && year >= 2010))
            month++;
    bool left_out = letter == 'q' || (letter == 'v' && year >= 2010);
    return left_out || month > 12 ? 0 : month;
}

static bool date_of_pair(char first, char second, struct taurus_date *out)
{
    int year = FIRST_YEAR + (first - 'a');
    int month = second - 'a' + 1;
    if (month > 12) {
        year += SECOND_ROUND - FIRST_YEAR;
        month = second_month(year, second);
    }
    if (month == 0 || year > LAST_YEAR)
        return false;
    out->year = year;
    out->month = month;
    return true;
}

struct lettered { /* letters, then digits, and nothing else */
    size_t letters, digits;
    char key[TERMS_KEY_MAX];
};

static bool lettered(struct slice serial, struct lettered *out)
{
    char words[TERMS_KEY_MAX];
    size_t n = fold_words(serial, false, words, sizeof words), i = 0;
    n = fold_compact(words, n, out->key);
    while (i < n && out->key[i] >= 'a' && out->key[i] <= 'z')
        i++;
    out->letters = i;
    while (i < n && out->key[i] >= '0' && out->key[i] <= '9')
        i++;
    out->digits = i - out->letters;
    return i == n && out->letters >= 2 && out->letters <= 3 && out->digits > 0 && out->digits <= 7;
}

bool term_taurus_date(struct slice serial, struct taurus_date *out)
{
    struct lettered l;
    if (!lettered(serial, &l))
        return false;
    struct taurus_date d = {.confidence = l.letters == 2 ? SURE : THREE_LETTERS};
    if (!date_of_pair(l.key[l.letters - 2], l.key[l.letters - 1], &d))
        return false;
    *out = d;
    return true;
}

/* Only what the pair rule can say is said: two letters that are no date (three in a thousand genuine ones at most), or
 * a year that is neither the pair's nor the next, when guns of December are sold. */
const char *term_serial_warning(unsigned make, struct slice serial, int year)
{
    struct lettered l;
    struct taurus_date d;
    struct term t = term_by_code(TERM_MAKE, SLICE("TAURUS"));
    if (t.answer != TERM_LISTED || make != t.number || !lettered(serial, &l))
        return NULL;
    bool dated = term_taurus_date(serial, &d);
    bool impossible = !dated && l.letters == 2 && l.digits >= 4;
    bool other_year = dated && year != 0 && (year < d.year || year > d.year + 1);
    return impossible || other_year ? "warn.serial_make" : NULL;
}
