#!/usr/bin/env python3
"""A register copied is the same register: log, root, derived tables, keys; also to the other engine and back, when ATHAR_TEST_DB names
a PostgreSQL server, and after the copy was killed at any moment."""
import contextlib
import filecmp
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import postgres  # noqa: E402
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

    def test_numbers_of_persons(self):
        """Each who is named with a document, in a case as well, is in a copy's index of numbers; a row of it that is gone is found, on either engine."""
        named = {'registered': ['to'], 'sold': ['to'], 'transferred': ['to'], 'seized': ['with', 'custodian']}
        columns = ['id', 'make', 'serial', 'on', *(f'{kind}_{role}_{x}' for kind in named for role in named[kind] for x in ('name', 'number'))]
        mapping = {'source': 'town', 'row_key': 'id', 'item': {'make': 'make'}, 'records': [
            {'kind': kind, 'if': 'id', 'happened': 'on', **({'describe': True, 'mark': {'text': 'serial'}} if not n else {}),
             'parties': [{'role': role, 'class': 'PERSON', 'name': f'{kind}_{role}_name', 'document': f'{kind}_{role}_number'} for role in roles]}
            for n, (kind, roles) in enumerate(named.items())]}
        row = lambda i: [str(i), 'Taurus', f'AB{i}', '2001', *(c for k in range(5) for c in (f'Bo {i}{k}', f'C-{i}-{k}'))]
        table = '\n'.join(','.join(x) for x in (columns, *map(row, range(20)))) + '\n'
        with tool.Register() as r:
            a = r.take(r.write('map.json', json.dumps(mapping)), r.write('t.csv', table))
            self.assertEqual(a.code, 0, a)
            for old, new, shared in ((r.dir, self.new, False), (self.new, r.path('there'), bool(tool.SERVER))):
                self.assertEqual(tool.athar('verify', '--data', old, '--derived').code, 0)
                a = tool.athar(*copy_words(old, new, shared))
                self.assertEqual(a.code, 0, a)
                self.assertEqual(self.numbers(new, 'SELECT count(*) FROM document'), 100)
            a = tool.athar('verify', '--data', new, '--derived')
            self.assertEqual(a.code, 0, a)
            self.numbers(new, 'DELETE FROM document WHERE token = (SELECT token FROM document ORDER BY token LIMIT 1)')
            a = tool.athar('verify', '--data', new, '--derived', '--json')
            self.assertEqual((a.code, a.json().get('tables')), (1, 'document'), a)

    def numbers(self, folder, statement):
        url = tool.database_of(folder)
        if url:
            return int(postgres.sql(url, statement) or 0)
        with contextlib.closing(sqlite3.connect(os.path.join(folder, 'register.db'))) as db, db:
            return (db.execute(statement).fetchone() or [0])[0]

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
