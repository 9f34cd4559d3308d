#!/usr/bin/env python3
"""Derived tables that a program with other tables of terms has left, on either engine: readers go on, a writer derives anew first, and past 200,000
records is refused until a rebuild was run."""
import contextlib
import glob
import json
import os
import sqlite3
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import operations  # noqa: E402
import postgres  # noqa: E402
import tool  # noqa: E402

MAP = os.path.join(tool.MAPS, 'sample.json')


class Stamp(unittest.TestCase):
    def setUp(self):
        self.r = tool.Register().__enter__()
        self.addCleanup(self.r.__exit__)

    def take(self):
        return self.r.take(MAP, self.r.path('rows.csv'))

    def stale(self):
        return 'derived_terms' in {x['id'] for x in self.r.run('doctor', '--json').json()['findings']}

    def stamp_otherwise(self):
        """As a program with other tables of terms would have left what is derived."""
        url = tool.database_of(self.r.dir)
        if url:
            return postgres.sql(url, "UPDATE covered SET value = 'elsewhere'::bytea WHERE name = 'stamp'::bytea")
        with contextlib.closing(sqlite3.connect(glob.glob(self.r.dir + '/derived-*.db')[0])) as db, db:
            self.assertEqual(db.execute("UPDATE covered SET value = CAST('00' AS BLOB) WHERE name = CAST('stamp' AS BLOB)").rowcount, 1)
        return None

    def test_few(self):
        tool.sample(300, 3, self.r.path('rows.csv'))
        self.assertEqual(self.take().code, 0)
        before = self.r.digest()
        self.assertFalse(self.stale())
        self.stamp_otherwise()
        self.assertTrue(self.stale())
        self.assertTrue(self.stale(), 'looking changes nothing')
        port = operations.free_port()
        with tool.Served(self.r, '--metrics', f'127.0.0.1:{port}') as url:
            self.assertEqual(operations.get(url + '/api/v1/search?pattern=A1')[0], 200, 'readers go on')
            self.assertEqual(operations.samples(operations.get(f'http://127.0.0.1:{port}/metrics')[1])['athar_derived_stale', None], 1)
            self.assertEqual(self.take().json()['unchanged'], 300, 'the next who writes derives anew')
            self.assertEqual(operations.samples(operations.get(f'http://127.0.0.1:{port}/metrics')[1])['athar_derived_stale', None], 0)
        self.assertFalse(self.stale())
        self.assertEqual(self.r.digest(), before)

    def test_too_many(self):
        """Past 200,000 records a rebuild is for people to begin; a backup asks for none."""
        tool.sample(77000, 4, self.r.path('rows.csv'))
        self.assertEqual(self.take().code, 0)
        self.assertGreater(self.r.run('verify', '--json').json()['size'], 200000)
        before = self.r.digest()
        self.stamp_otherwise()
        a = self.take()
        self.assertEqual(a.code, 1, a)
        self.assertIn('athar rebuild', a.err)
        self.assertTrue(self.stale())
        with tool.Served(self.r) as url:
            now = json.loads(operations.get(url + '/api/v1/health')[1])
            self.assertEqual((now['reads'], now['writes'], now['reason']), ('ok', 'failing', 'stale'))
        self.assertEqual(self.r.run('backup', self.r.path('target')).code, 0)
        self.assertTrue(self.stale())
        self.assertEqual(self.r.rebuild(), before)
        self.assertFalse(self.stale())
        self.assertEqual(self.take().json()['unchanged'], 77000)


if __name__ == '__main__':
    tool.main()
