#!/usr/bin/env python3
"""Error rates of the breech-face comparison on known pairs. Usage: validate.py PAIRS.csv KEY.csv
PAIRS.csv is what `athar ballistics matrix --dir SCANS` wrote (a, b, cmc, score); KEY.csv has columns scan, slide, a scan named as its file
without .x3p. Prints distributions beside the published ones, the error at a threshold frozen on the other half of the slides, ranks, and
a bootstrap over slides: pairs share scans and slides, so neither pairs nor scans are independent."""
import bisect
import collections
import csv
import random
import sys

PUBLISHED = {  # cmcR's authors, original rule, +-30 degrees: CMC count -> pairs
    'same slide': '4x1 6x1 7x3 8x2 9x2 10x4 11x4 12x2 13x8 14x6 15x9 16x5 17x3 18x5 19x3 21x1 22x2 23x2',
    'different': '0x494 1x180 2x37 3x6'}


def read(pairs, key):
    slide = {r['scan']: int(r['slide']) for r in csv.DictReader(open(key, encoding='utf-8'))}
    out = []
    for r in csv.DictReader(open(pairs, encoding='utf-8')):
        a, b = (r[c][:-4] if r[c].endswith('.x3p') else r[c] for c in 'ab')
        out.append((a, b, slide[a], slide[b], {'cmc': float(r['cmc']), 'score': float(r['score'])}))
    return out, slide


def area(same, other):
    other = sorted(other)
    total = 0.0
    for s in same:
        low, high = bisect.bisect_left(other, s), bisect.bisect_right(other, s)
        total += low + (high - low) / 2
    return total / len(same) / len(other)


def split(pairs, what, keep=lambda a, b: True):
    chosen = [p for p in pairs if keep(p[2], p[3])]
    return [p[4][what] for p in chosen if p[2] == p[3]], [p[4][what] for p in chosen if p[2] != p[3]]


def threshold(same, other):
    """Half way, as a ratio, between the least of the same and the most of the different."""
    return (min(same) * max(other)) ** 0.5


def errors(same, other, at):
    return sum(s < at for s in same), len(same), sum(o >= at for o in other), len(other)


def ranks(pairs, slide, what):
    best, right = {}, collections.Counter()
    for a, b, _, _, v in pairs:
        for x, y in ((a, b), (b, a)):
            best.setdefault(x, []).append((v[what], v['score'], y))
    for x, found in best.items():
        found.sort(reverse=True)
        first = next(i for i, (_, _, y) in enumerate(found, 1) if slide[y] == slide[x])
        for k in (1, 5, 10):
            right[k] += first <= k
    return len(best), right


def bootstrap(pairs, what, at, rounds=2000):
    """Slides drawn with replacement; a pair counts as often as its slides were drawn (same slide: once a draw)."""
    rng, slides = random.Random(7), sorted({p[2] for p in pairs} | {p[3] for p in pairs})
    areas, missed, false = [], [], []
    for _ in range(rounds):
        times = collections.Counter(rng.choice(slides) for _ in slides)
        same, other = [], []
        for _, _, sa, sb, v in pairs:
            n = times[sa] if sa == sb else times[sa] * times[sb]
            (same if sa == sb else other).extend([v[what]] * n)
        if not same or not other:
            continue
        areas.append(area(same, other))
        m, ns, f, no = errors(same, other, at)
        missed.append(m / ns)
        false.append(f / no)
    return [(sorted(v)[len(v) // 40], sorted(v)[-(len(v) // 40) - 1]) for v in (areas, missed, false)]


def show(values, whole):
    if whole:
        return ' '.join('%dx%d' % kv for kv in sorted(collections.Counter(int(v) for v in values).items()))
    v = sorted(values)
    return ' '.join('%.2f' % v[int(q * (len(v) - 1))] for q in (0, .05, .25, .5, .75, .95, .99, 1))


def main(pairs_path, key_path):
    pairs, slide = read(pairs_path, key_path)
    low = lambda a, b: a <= 5 and b <= 5
    high = lambda a, b: a > 5 and b > 5
    for what in ('cmc', 'score'):
        same, other = split(pairs, what)
        print('== %s: %d same, %d different; area under the curve %.6f' % (what, len(same), len(other), area(same, other)))
        print('same slide   %s\ndifferent    %s' % (show(same, what == 'cmc'), show(other, what == 'cmc')))
        if what == 'cmc':
            for k, v in PUBLISHED.items():
                print('published, %s: %s' % (k, v))
            print('at 6 (published threshold): missed %d of %d, false %d of %d' % errors(same, other, 6))
        for name, learn, test in (('slides 1-5, tried on 6-10', low, high), ('slides 6-10, tried on 1-5', high, low)):
            at = threshold(*split(pairs, what, learn))
            m, ns, f, no = errors(*split(pairs, what, test), at)
            print('threshold %.2f from %s: missed %d of %d, false %d of %d' % (at, name, m, ns, f, no))
        at = threshold(*split(pairs, what, low))
        print('bootstrap over slides, 95 %%, at %.2f: area %.4f..%.4f missed %.4f..%.4f false %.4f..%.4f' %
              ((at,) + tuple(x for ci in bootstrap(pairs, what, at) for x in ci)))
        n, right = ranks(pairs, slide, what)
        print('right mate at rank 1, 5, 10: %d, %d, %d of %d' % (right[1], right[5], right[10], n))
    print('0 false of 717 leaves up to %.2f %% (95 %%) even if pairs were independent; 0 missed of 63 up to %.1f %%.' %
          (100 * (1 - .05 ** (1 / 717)), 100 * (1 - .05 ** (1 / 63))))


main(*sys.argv[1:3])
