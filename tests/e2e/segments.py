#!/usr/bin/env python3
"""Two offices and a centre: each office's log travels as files, is verified before anything of it is taken, and what the centre derives does not
depend on which came first."""
import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import log_files  # noqa: E402
import tool  # noqa: E402

MAP = os.path.join(tool.MAPS, 'sample.json')


class Segments(unittest.TestCase):
    def setUp(self):
        self.r = tool.Register().__enter__()
        self.keys = self.r.dir  # whose register keys the offices of one authority share

    def tearDown(self):
        self.r.__exit__()

    def office(self, name, own_keys=False):
        folder = self.r.path(name)
        if not own_keys:  # one authority: its offices open each other's records
            os.mkdir(folder)
            shutil.copytree(os.path.join(self.keys, 'keystore'), os.path.join(folder, 'keystore'))
        a = tool.athar('init', '--data', folder, '--origin', f'register.example/{name}')
        self.assertEqual(a.code, 0, a)
        return folder

    def take(self, folder, rows, seed):
        table = tool.sample(rows, seed, self.r.path('table.csv'))
        a = tool.athar('import', '--data', folder, '--map', MAP, table, '--json')
        self.assertEqual(a.code, 0, a)

    def export(self, folder, to):
        a = tool.athar('segment', 'export', '--data', folder, self.r.path(to))
        self.assertEqual(a.code, 0, a)
        return self.r.path(to)

    def bring(self, centre, segment, office=None, code=0):
        key = ('--key', log_files.read(office, 'vkey').decode().strip()) if office else ()
        a = tool.athar('segment', 'import', '--data', centre, segment, *key)
        self.assertEqual(a.code, code, a)
        return a

    def digest(self, folder):
        return tool.read_digest(tool.athar('rebuild', '--data', folder, '--digest'))

    def well(self, folder):
        for more in ((), ('--derived',)):
            a = tool.athar('verify', '--data', folder, *more)
            self.assertEqual(a.code, 0, a)

    def test_either_order_derives_the_same(self):
        north, south = self.office('north'), self.office('south')
        self.take(north, 150, 1)
        self.take(south, 250, 2)
        parts = [(self.export(north, 'n'), north), (self.export(south, 's'), south)]
        one, other = self.office('one'), self.office('other')
        for segment, office in parts:
            self.bring(one, segment, office)
        for segment, office in reversed(parts):
            self.bring(other, segment, office)
        self.assertEqual(self.digest(one), self.digest(other))
        self.assertEqual(self.digest(one)['item'][0], 250)  # both speak of 150 of them: their rows have the same keys, and differ
        for centre in (one, other):
            self.well(centre)
            ids = {log_files.leaf(r) for r in log_files.records(centre)}
            for office in (north, south):  # every record, byte for byte
                self.assertTrue(ids.issuperset(log_files.leaf(r) for r in log_files.records(office)))
        self.assertNotEqual(log_files.checkpoint(one).root, log_files.checkpoint(other).root)  # each centre's own log keeps its own order

    def test_goes_on_where_it_was(self):
        north, centre = self.office('north'), self.office('centre')
        self.take(north, 40, 1)
        first = self.export(north, 'n')
        self.bring(centre, first, code=1)  # the key was not given
        self.assertRegex(self.bring(centre, first, north).out, r'\d+ records hold; \d+ are new here')
        size = log_files.checkpoint(centre).size
        self.assertIn('0 are new', self.bring(centre, first).out)
        self.assertEqual(log_files.checkpoint(centre).size, size)
        self.take(north, 300, 1)
        old = self.r.path('old')
        shutil.copytree(first, old)
        self.assertEqual(self.export(north, 'n'), first)  # the same folder grows
        self.bring(centre, first)
        self.assertEqual(log_files.checkpoint(centre).size, log_files.checkpoint(north).size + 1)  # and the centre's own first record
        self.assertIn('continues', self.bring(centre, old, code=1).err)
        for segment in (first,):  # the folder is a log that anybody can check
            self.assertEqual(log_files.Note(open(os.path.join(segment, 'checkpoint'), encoding='utf-8').read()).root,
                             log_files.root([log_files.leaf(r) for r in log_files.records(north)]))
        self.well(centre)

    def test_what_does_not_hold_is_not_taken(self):
        north, centre = self.office('north'), self.office('centre')
        self.take(north, 200, 1)
        segment = self.export(north, 'n')
        before = self.digest(centre)
        path = os.path.join(segment, 'tile/entries/000')
        with open(path, 'r+b') as f:
            f.seek(900)
            byte = f.read(1)
            f.seek(900)
            f.write(bytes([byte[0] ^ 1]))
        self.assertRegex(self.bring(centre, segment, north, 1).out, r'entry \d+: the record in the log does not have the hash')
        os.remove(path)
        self.assertIn('missing or cut', self.bring(centre, segment, north, 1).out)
        self.assertEqual(self.digest(centre), before)
        self.assertFalse(os.path.exists(os.path.join(centre, 'origins')))
        fork = self.office('fork')  # another log under the same name and key
        shutil.rmtree(fork)
        shutil.copytree(north, fork)
        self.bring(centre, self.export(north, 'whole'), north)
        self.take(north, 220, 1)
        self.take(fork, 230, 1)
        self.bring(centre, self.export(north, 'more'))
        self.assertIn('continues', self.bring(centre, self.export(fork, 'forked'), code=1).err)
        self.bring(north, self.export(north, 'own'), north, 1)  # its own log
        self.well(centre)

    def test_records_without_their_key_wait(self):
        south, centre = self.office('south', own_keys=True), self.office('centre')
        self.take(south, 20, 1)
        before = self.digest(centre)
        a = self.bring(centre, self.export(south, 's'), south)
        size = log_files.checkpoint(south).size
        self.assertIn(f'{size} wait for', a.out)
        self.assertEqual(self.digest(centre), before)
        kept = os.listdir(os.path.join(centre, 'origins'))
        self.assertEqual(len(kept), 1)
        with open(os.path.join(centre, 'origins', kept[0], 'checkpoint'), encoding='utf-8') as f:
            self.assertEqual(log_files.Note(f.read()).size, size)
        self.well(centre)
        with open(os.path.join(centre, 'origins', kept[0], 'tile', 'entries', '000.p', str(size)) if size < 256 else
                  os.path.join(centre, 'origins', kept[0], 'tile', 'entries', '000'), 'r+b') as f:  # what is kept is verified with the rest
            f.seek(50)
            f.write(b'X')
        a = tool.athar('verify', '--data', centre)
        self.assertEqual(a.code, 1)
        self.assertIn(f'origins/{kept[0]}/entry 0', a.out)


if __name__ == '__main__':
    tool.main()
