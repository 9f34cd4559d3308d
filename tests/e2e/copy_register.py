#!/usr/bin/env python3
"""A register copied is the same register: log, root, derived tables, keys; also to the other engine and back, when ATHAR_TEST_DB names
a PostgreSQL server, and after the copy was killed at any moment."""
import filecmp
import os
import random
import re
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import tool  # noqa: E402

MAP = os.path.join(tool.MAPS, 'sample.json')
ROWS = 3000


def copy_words(old, new, shared):
    return ['copy', '--data', old, '--to', new, *(['--db', tool.new_database()] if shared else [])]


class Copy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.r = tool.Register().__enter__()
        cls.table = tool.sample(ROWS, 5, cls.r.path('sample.csv'))
        cls.counts = cls.r.take(MAP, cls.table).json()
        cls.digest = cls.r.digest()

    @classmethod
    def tearDownClass(cls):
        cls.r.__exit__()

    def setUp(self):
        self.new = self.r.path(f'copy-{self.id().split(".")[-1]}')
        self.addCleanup(shutil.rmtree, self.new, ignore_errors=True)

    def digests(self, folder):
        return tool.read_digest(tool.athar('rebuild', '--data', folder, '--digest'))

    def same(self, folder):
        self.assertEqual(self.digests(folder), self.digest)
        for name in ('keystore/head', 'log.key', 'log/checkpoint'):
            self.assertTrue(filecmp.cmp(os.path.join(self.r.dir, name), os.path.join(folder, name), shallow=False), name)
        again = tool.athar('import', '--data', folder, '--map', MAP, self.table, '--json').json()
        self.assertEqual((again['unchanged'], again['records'], again['log_size']), (ROWS, 0, self.counts['log_size']))
        self.assertEqual(tool.read_digest(tool.athar('rebuild', '--data', folder)), self.digest)

    def test_there_and_back(self):
        """To the engine that the register is not in, and back to the one it was in."""
        roots, back = [], self.new + '-back'
        self.addCleanup(shutil.rmtree, back, ignore_errors=True)
        for old, new, shared in ((self.r.dir, self.new, False), (self.new, back, bool(tool.SERVER))):
            a = tool.athar(*copy_words(old, new, shared))
            self.assertEqual(a.code, 0, a)
            self.assertEqual(bool(tool.database_of(new)), shared)
            roots.append(re.search(r'root ([0-9a-f]{64})', a.out)[1])
            self.assertIn(f"{self.counts['log_size']} records", a.out)
            self.same(new)
        self.assertEqual(roots[0], roots[1])

    def test_copies_nothing_over_a_register(self):
        a = tool.athar('copy', '--data', self.r.dir, '--to', self.r.dir)
        self.assertEqual((a.code, a.out), (1, ''), a)
        self.assertIn('exists already', a.err)

    def test_goes_on_where_it_was_killed(self):
        words = copy_words(self.r.dir, self.new, bool(tool.SERVER))
        pause = random.Random(3)
        for _ in range(6):
            p = subprocess.Popen([tool.ATHAR, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(pause.uniform(0, 0.4))
            p.kill()
            if p.wait() == 0:
                break
            self.assertFalse(os.path.exists(self.new))
        else:
            a = tool.athar(*words)
            self.assertEqual(a.code, 0, a)
        self.assertFalse(os.path.exists(self.new + '.copying'))
        self.same(self.new)

    def test_does_not_go_on_with_another_register(self):
        with tool.Register() as other:
            tool.copy_register(other.dir, self.new + '.copying')
            self.addCleanup(shutil.rmtree, self.new + '.copying', ignore_errors=True)
            a = tool.athar('copy', '--data', self.r.dir, '--to', self.new)
            self.assertEqual(a.code, 1, a)
            self.assertIn('unfinished copy of this register', a.err)
            self.assertFalse(os.path.exists(self.new))


if __name__ == '__main__':
    tool.main()
