/* An invented world of guns for bench_ranking: makers with unlike serial grammars, counters from dense to sparse, number
 * ranges that several makers use, attributes that hang together. Each gun is registered or not by the toss of a coin, so a
 * gun that is not here is like those that are. Independent of `athar sample`. */
#ifndef BENCH_RANKING_WORLD_H
#define BENCH_RANKING_WORLD_H
#include "damage.h"

#include <stdio.h>
#include <stdlib.h>

struct gun {
    char serial[SERIAL];
    uint16_t make, model, calibre, year;
    uint8_t type, country;
    bool registered;
};
struct guns {
    struct gun *gun;
    size_t n, cap;
};

/* Templates: A fixed letter of the maker, L a letter that changes with the block, Y year letter, y last two digits of the
 * year, N the counter's digits, S fixed last letter. */
static const char *const templates[] = {"AANNNNNN", "ANNNNNN", "NNNNNN", "NNNNNNN", "LLNNNNN", "AYLNNNNN", "NNNNNNNS", "yNNNNNN",
    "LNNNNNN", "AALNNNN", "LLLNNN", "AyNNNNN", "NNNNNN", "AAAANNNNN", "NNNLNNNNN", "AYNNNNNNS", "NNNNNNNN", "NNNNN", "LNNNNL", "AAyNNNNNN"};
#define TEMPLATES (sizeof templates / sizeof templates[0])
/* How much of a counter is in the country at all. */
static const double densities[] = {.9, .6, .3, .1, .03, .01, .003, .001};

struct line { /* one grammar of one maker */
    const char *form;
    char fixed[4];
    uint16_t make, model[3], calibre[3];
    uint8_t type, country;
    unsigned year, years;
    double density;
    uint64_t number, made, block;
    unsigned digits;
};

static void put_serial(const struct line *l, uint64_t number, unsigned year, char out[SERIAL])
{
    uint64_t tail = number, block;
    unsigned digits = l->digits, n = (unsigned)strlen(l->form), fixed = 0;
    for (block = number; digits; digits--)
        block /= 10;
    block += l->block;
    for (unsigned i = n; i-- > 0;) {
        switch (l->form[i]) {
        case 'N':
            out[i] = (char)('0' + tail % 10);
            tail /= 10;
            break;
        case 'L':
            out[i] = (char)('A' + block % 26);
            block /= 26;
            break;
        case 'A':
            out[i] = l->fixed[fixed++ % 4];
            break;
        case 'S':
            out[i] = l->fixed[3];
            break;
        case 'Y':
            out[i] = (char)('A' + year % 26);
            break;
        default:
            break;
        }
    }
    const char *y = strchr(l->form, 'y');
    if (y) {
        memmove(out + (y - l->form) + 2, out + (y - l->form) + 1, n - (size_t)(y - l->form) - 1);
        out[y - l->form] = (char)('0' + year / 10 % 10);
        out[y - l->form + 1] = (char)('0' + year % 10);
        n++;
    }
    out[n] = 0;
}

static void new_line(struct line *l, unsigned make, unsigned country, double density)
{
    memset(l, 0, sizeof *l);
    l->form = templates[chance_below(TEMPLATES)];
    l->make = (uint16_t)make;
    l->country = (uint8_t)country;
    l->type = (uint8_t)(1 + chance_below(6));
    for (int i = 0; i < 4; i++)
        l->fixed[i] = (char)('A' + chance_below(26));
    for (int i = 0; i < 3; i++) {
        l->model[i] = (uint16_t)(make * 64 + 1 + chance_below(40));
        l->calibre[i] = (uint16_t)(1 + chance_below(chance() < .7 ? 5 : 30));
    }
    l->year = 1950 + chance_below(60);
    l->years = 3 + chance_below(20);
    l->density = density;
    for (const char *c = l->form; *c; c++)
        l->digits += *c == 'N';
    l->block = chance_below(600);
    uint64_t room = 1;
    for (unsigned i = 0; i < l->digits; i++)
        room *= 10;
    l->number = chance_bits() % (room - room / 4);
}

static void add_line(struct guns *g, struct line *l, size_t guns)
{
    bool letters = strchr(l->form, 'L') != NULL;
    uint64_t room = 1, span = (uint64_t)((double)guns / l->density);
    for (unsigned i = 0; i < l->digits; i++)
        room *= 10;
    if (!letters && span > room / 2)
        span = room / 2;
    for (uint64_t i = 0; i < span && g->n < g->cap; i++) {
        if (chance() >= l->density)
            continue;
        struct gun *x = &g->gun[g->n++];
        unsigned which = chance_below(10), year = l->year + (unsigned)(i * l->years / span);
        uint64_t number = l->number + i;
        which = which < 6 ? 0 : which < 9 ? 1 : 2;
        put_serial(l, letters ? number : number % room, year, x->serial);
        x->make = l->make;
        x->model = l->model[which];
        x->calibre = l->calibre[which];
        x->type = l->type;
        x->country = l->country;
        x->year = (uint16_t)year;
        x->registered = chance() < .5;
    }
}

/* About 2n guns, half of them registered. */
static bool world_make(struct guns *g, size_t n)
{
    g->cap = 2 * n;
    g->n = 0;
    g->gun = calloc(g->cap, sizeof *g->gun);
    if (!g->gun)
        return false;
    for (unsigned make = 1; g->n < g->cap; make = make % 60 + 1) {
        struct line l;
        new_line(&l, make, 1 + make % 17, densities[chance_below(8)]);
        size_t much = g->cap / 20 / (1 + make / 4); /* few big makers, many small ones */
        add_line(g, &l, (size_t)((double)much * (.2 + chance())));
    }
    return true;
}

/* Lines of a file: serial, make, model, calibre, type, country, year (tab between, any may be empty; words become codes). */
static unsigned code_of(const char *p, size_t n, unsigned most)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint8_t)p[i]) * 16777619u;
    return n ? 1 + h % most : 0;
}

static void gun_part(struct gun *x, int column, const char *p, size_t n)
{
    switch (column) {
    case 0: {
        size_t k = 0;
        for (size_t i = 0; i < n && k + 1 < SERIAL; i++) {
            char c = p[i] >= 'a' && p[i] <= 'z' ? (char)(p[i] - 32) : p[i];
            if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))
                x->serial[k++] = c;
        }
        break;
    }
    case 1: x->make = (uint16_t)code_of(p, n, 65000); break;
    case 2: x->model = (uint16_t)code_of(p, n, 65000); break;
    case 3: x->calibre = (uint16_t)code_of(p, n, 1000); break;
    case 4: x->type = (uint8_t)code_of(p, n, 31); break;
    case 5: x->country = (uint8_t)code_of(p, n, 250); break;
    case 6: x->year = (uint16_t)strtoul(p, NULL, 10); break;
    default: break;
    }
}

static bool world_read(struct guns *g, const char *path, double registered)
{
    FILE *f = fopen(path, "r");
    char line[4096];
    if (!f)
        return false;
    while (fgets(line, sizeof line, f)) {
        if (g->n == g->cap) {
            size_t cap = g->cap ? g->cap * 2 : 4096;
            struct gun *more = realloc(g->gun, cap * sizeof *more);
            if (!more)
                break;
            g->gun = more;
            g->cap = cap;
        }
        struct gun x = {0};
        int column = 0;
        for (const char *p = line; *p; column++) {
            size_t n = strcspn(p, "\t\r\n");
            gun_part(&x, column, p, n);
            p += n + (p[n] != 0);
        }
        x.registered = chance() < registered;
        if (strlen(x.serial) >= 4)
            g->gun[g->n++] = x;
    }
    fclose(f);
    return g->n > 100;
}
#endif
