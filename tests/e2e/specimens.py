#!/usr/bin/env python3
"""Specimens from the command line, on the six scans of data/examples: three slides, two cartridge cases each (key.csv says which)."""
import csv
import io
import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import tool  # noqa: E402

SCANS = os.path.join(tool.ROOT, 'data', 'examples', 'ballistics-fadul', 'scans')
MATE = {'Fadul 1-1.x3p': 'Fadul 1-2.x3p', 'Fadul 2-2.x3p': 'Fadul 2-1.x3p', 'Fadul 5-1.x3p': 'Fadul 5-2.x3p'}


class Specimens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp()
        for name in os.listdir(SCANS):
            shutil.copy(os.path.join(SCANS, name), cls.dir)
        with open(os.path.join(cls.dir, 'specimens.csv'), 'w', encoding='utf-8') as f:
            f.write('file,make,calibre,firing_pin\nFadul 1-1.x3p,Ruger,9x19,circular\nFadul 1-2.x3p,,9 mm Luger,\nFadul 5-1.x3p,,.40 S&W,unknown\n')
        cls.enrolled = tool.athar('ballistics', 'enrol', '--dir', cls.dir, '--json')

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    def path(self, name):
        return os.path.join(self.dir, name)

    def screen(self, name, *words):
        a = tool.athar('ballistics', 'screen', self.path(name), '--dir', self.dir, '--json', *words)
        self.assertEqual(a.code, 0, a)
        return a.json()

    def test_enrol_counts_and_keeps(self):
        first, again = self.enrolled.json(), tool.athar('ballistics', 'enrol', '--dir', self.dir, '--json').json()
        self.assertEqual((first['added'], first['unfit'], first['prints']['made']), (6, 0, 6))
        self.assertEqual((again['unchanged'], again['prints']['made'], again['prints']['kept']), (6, 0, 6))

    def test_mate_comes_first(self):
        for name, mate in MATE.items():
            found = self.screen(name, '--best', '2')
            self.assertEqual(found['candidates'][0]['file'], mate)
            self.assertGreater(found['candidates'][0]['score'], 12)
            self.assertEqual(found['candidates'][0]['screen']['rank'], 1)
            self.assertLess(found['candidates'][1]['score'], 12)

    def test_class_leaves_out_what_contradicts_and_says_so(self):
        found = self.screen('Fadul 1-1.x3p')  # its own calibre is asked for
        self.assertEqual((found['collection']['excluded'], found['collection']['screened']), (1, 4))
        self.assertNotIn('Fadul 5-1.x3p', [c['file'] for c in found['candidates']])
        lower = self.screen('Fadul 1-1.x3p', '--class', 'lower')
        self.assertEqual((lower['collection']['excluded'], lower['candidates'][-1]['file'], lower['candidates'][-1]['match']), (0, 'Fadul 5-1.x3p', 'no'))
        self.assertTrue(all(c['why'] for c in lower['candidates']))

    def test_changed_scan_is_not_believed(self):
        name, kept = self.path('Fadul 2-1.x3p'), self.path('kept')
        shutil.copy(name, kept)
        with open(name, 'ab') as f:
            f.write(b'\0')
        try:
            found = self.screen('Fadul 2-2.x3p')
            self.assertEqual([c['file'] for c in found['failed']], ['Fadul 2-1.x3p'])
        finally:
            os.replace(kept, name)

    def test_likelihood_ratio_only_where_known_pairs_speak(self):
        pair = [self.path('Fadul 1-1.x3p'), self.path('Fadul 1-2.x3p')]
        given = tool.athar('ballistics', 'compare', *pair, '--json', '--make', 'Ruger', '--calibre', '9x19').json()['lr']
        self.assertTrue(given['given'] and 0 < given['lower'] <= given['log10'] <= given['upper'] <= 1.66)
        self.assertTrue(given['words'] and len(given['limits']) >= 4)
        refused = tool.athar('ballistics', 'compare', *pair, '--json', '--make', 'Glock').json()['lr']
        self.assertEqual((refused['given'], [w['reason'] for w in refused['why']]), (False, ['make', 'calibre_open']))
        self.assertNotIn('log10', refused)

    def test_matrix_tells_slides_apart(self):
        rows = list(csv.DictReader(io.StringIO(tool.athar('ballistics', 'matrix', '--dir', SCANS).out)))
        self.assertEqual(len(rows), 15)
        for r in rows:
            same = r['a'].split('-')[0] == r['b'].split('-')[0]
            self.assertEqual((float(r['score']) > 12, int(r['cmc']) >= 6), (same, same), r)

    def test_wrong_use(self):
        for words in (['screen'], ['screen', 'x.x3p'], ['screen', 'x.x3p', '--dir', 'y', '--class', 'no'], ['bullet', 'a'], ['bullet', 'a', 'b', '--profile', 'z'], ['nope']):
            self.assertEqual(tool.athar('ballistics', *words).code, 2, words)
        a = tool.athar('ballistics', 'screen', self.path('Fadul 1-1.x3p'), '--dir', SCANS)  # nobody enrolled there
        self.assertEqual((a.code, a.err.count('\n')), (1, 1))


if __name__ == '__main__':
    tool.main()
