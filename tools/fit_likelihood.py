#!/usr/bin/env python3
"""The table that turns a score into a likelihood ratio, from known pairs, and what it is worth.
Usage: fit_likelihood.py PAIRS.csv KEY.csv POPULATION.json > data/ballistics/likelihood.json
PAIRS.csv: `athar ballistics matrix` of the known scans (a, b, cmc, score); KEY.csv: scan, slide; POPULATION.json: what the known scans are.
The cross-validation is printed on stderr. Method:
 - Pairs share slides, so they are not independent. What is independent at most is a slide (for mates) and a pair of slides (for the rest): each
   weighs 1, shared by its pairs.
 - Logistic regression on ln(score), both kinds weighing the same in all, so that its odds are the likelihood ratio.
 - To each kind one unit is added whose scores are those of the other kind: one misleading observation more than was seen. Without it the
   kinds of an easy set do not touch, and the ratio would grow without end (Vergeer et al., Science & Justice 56 (2016) 482: bounds from one
   misleading observation more; Morrison and Poh, Science & Justice 58 (2018) 200: shrinking towards 1).
 - Never above the number of pairs of slides nor below 1 / the number of slides: so many units without an error support no more.
 - Interval: slides drawn with replacement 2,000 times, 2.5 and 97.5 % of the ratio at each score."""
import collections
import csv
import json
import math
import random
import sys

LEAST_SCORE = .5
GRID = [LEAST_SCORE * 1.08 ** i for i in range(75)]
ROUNDS = 2000


def read(pairs, key):
    slide = {r['scan']: int(r['slide']) for r in csv.DictReader(open(key, encoding='utf-8'))}
    out = []
    for r in csv.DictReader(open(pairs, encoding='utf-8')):
        a, b = (slide[r[c][:-4] if r[c].endswith('.x3p') else r[c]] for c in 'ab')
        out.append((min(a, b), max(a, b), math.log(max(float(r['score']), LEAST_SCORE))))
    return out


def units(pairs):
    """(slide, slide) -> its values, and how many units of each kind there are."""
    out = collections.defaultdict(list)
    for a, b, x in pairs:
        out[a, b].append(x)
    return out


def weighted(of, times):
    """[(x, weight of a mate, weight of another)]: units by the times that their slides were drawn, a misleading unit each, both kinds 1 in all."""
    n = [0.0, 0.0]
    raw = []
    for (a, b), xs in of.items():
        w = times[a] if a == b else times[a] * times[b]
        n[a != b] += w
        raw += [(x, a != b, w / len(xs)) for x in xs] if w else []
    out = []
    for x, kind, w in raw:
        share = w / n[kind]
        own, other = n[kind] / (n[kind] + 1) * share, 1 / (n[1 - kind] + 1) * share
        out.append((x, other, own) if kind else (x, own, other))
    return out


def fit(data, start=(0.0, 0.0)):
    """Newton's method on the logistic log-likelihood; intercept and slope, natural logarithm."""
    a, b = start
    for _ in range(60):
        ga = gb = haa = hab = hbb = 0.0
        for x, m, o in data:
            p = 1 / (1 + math.exp(-(a + b * x)))
            g, h = m - (m + o) * p, (m + o) * p * (1 - p)
            ga += g
            gb += g * x
            haa += h
            hab += h * x
            hbb += h * x * x
        det = haa * hbb - hab * hab
        da, db = (hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det
        a, b = a + da, b + db
        if abs(da) + abs(db) < 1e-10:
            break
    return a, b


def bounds(of):
    mates = sum(a == b for a, b in of)
    return -math.log10(mates), math.log10(len(of) - mates)


def log10_at(line, x, low_high):
    return min(max((line[0] + line[1] * x) / math.log(10), low_high[0]), low_high[1])


def bootstrap(of, slides, line, low_high):
    rng, found = random.Random(11), []
    for _ in range(ROUNDS):
        times = collections.Counter(rng.choice(slides) for _ in slides)
        if len(times) > 1:
            found.append(fit(weighted(of, times), line))
    out = []
    for s in GRID:
        v = sorted(log10_at(f, math.log(s), low_high) for f in found)
        out.append((v[len(v) // 40], v[-(len(v) // 40) - 1]))
    return out


def cross_validate(of, slides):
    """Each slide tried with what was learned of the others. Its own pairs, and its pairs with the others, are those tried."""
    tried = []
    for s in slides:
        rest = {k: v for k, v in of.items() if s not in k}
        line, low_high = fit(weighted(rest, collections.Counter(t for t in slides if t != s))), bounds(rest)
        for (a, b), xs in of.items():
            if s in (a, b):
                tried += [(a == b, 1 / len(xs) / (1 if a == b else 2), log10_at(line, x, low_high)) for x in xs]
    return tried


def cllr(tried):
    out = 0
    for mate in (True, False):
        chosen = [(w, l) for m, w, l in tried if m == mate]
        out += sum(w * math.log2(1 + 10 ** (-l if mate else l)) for w, l in chosen) / sum(w for w, _ in chosen) / 2
    return out


def report(tried, of):
    say = lambda *a: print(*a, file=sys.stderr)
    say('units: %d slides, %d pairs of slides; bounds of log10 LR %.2f .. %.2f' % ((sum(a == b for a, b in of), sum(a != b for a, b in of)) + bounds(of)))
    say('left out slide by slide: Cllr %.3f (1 = says nothing)' % cllr(tried))
    say('mates with LR below 1: %d of %d; others with LR above 1: %d of %d' % (
        sum(m and l < 0 for m, _, l in tried), sum(m for m, _, _ in tried), sum(not m and l > 0 for m, _, l in tried) // 2,
        sum(not m for m, _, _ in tried) // 2))
    say('| log10 LR stated | mates | others |')
    edges = [-9, -.9, -.5, 0, .5, 1, 1.3, 9]
    for low, high in zip(edges, edges[1:]):
        say('| %s to %s | %d | %d |' % (low, high, sum(m and low <= l < high for m, _, l in tried), sum(not m and low <= l < high for m, _, l in tried) // 2))


def main(pairs_path, key_path, population_path):
    pairs = read(pairs_path, key_path)
    of, slides = units(pairs), sorted({s for a, b, _ in pairs for s in (a, b)})
    low_high, line = bounds(of), fit(weighted(of, collections.Counter(slides)))
    report(cross_validate(of, slides), of)
    milli = lambda v: int(round(v * 1000))
    table = [[milli(s), milli(log10_at(line, math.log(s), low_high)), milli(low), milli(high)]
             for s, (low, high) in zip(GRID, bootstrap(of, slides, line, low_high))]
    out = dict(json.load(open(population_path, encoding='utf-8')), table=table, least=milli(low_high[0]), most=milli(low_high[1]), version=1,
               mates=sum(a == b for a, b, _ in pairs), others=sum(a != b for a, b, _ in pairs), slides=len(slides))
    print(json.dumps(out, sort_keys=True, ensure_ascii=False, separators=(',', ':')), end='')


main(*sys.argv[1:4])
