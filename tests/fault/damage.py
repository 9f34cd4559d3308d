#!/usr/bin/env python3
"""One bit turned in each kind of file of a data directory: it is found by what docs/security.md names for that kind ("Damage"), or it is one that is of no
matter there. Nothing is repaired quietly, and no damage of the keys is taken for an erasure."""
import json
import os
import random
import re
import shutil
import sqlite3
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import log_files  # noqa: E402
import tool  # noqa: E402

MAP = {'source': 'town', 'row_key': 'id', 'external_id': 'id', 'item': {'make': 'make'}, 'records': [
    {'kind': 'registered', 'describe': True, 'mark': {'text': 'serial'}, 'happened': {'column': 'on', 'pattern': 'D/M/YYYY'},
     'parties': [{'role': 'to', 'class': 'PERSON', 'name': 'holder', 'document': 'number'}]}]}
TRIES = 12

CHECKS = {
    'verify': lambda d, key: tool.athar('verify', '--data', d, '--key', key),
    'beside': lambda d, key: tool.athar('verify', '--data', d),  # believes the key that lies there
    'derived': lambda d, key: tool.athar('verify', '--data', d, '--derived'),
    'keys': lambda d, key: tool.athar('keys', 'backup', '--data', d, '--days', '3', d + '.keys'),
    'openings': lambda d, key: tool.athar('access', 'verify', '--data', d),
    'doctor': lambda d, key: tool.athar('doctor', '--data', d, '--json'),
}
# Which of them finds every bit of such a file. The patterns are those of the table in docs/security.md.
FOUND = [
    (r'log/tile/.*', 'verify'), (r'log/checkpoint', 'verify'), (r'log/vkey', 'beside'), (r'log\.key', 'doctor'), (r'origins/.*', 'verify'),
    (r'keystore/(head|master)', 'derived'), (r'keystore/\d{6}\.\d+', 'derived doctor keys'), (r'keystore/erased', 'derived doctor'),
]
NO_MATTER = [r'.*\.lock', r'lock', r'keystore/lock', r'backed-up', r'index\.snap', r'imports/.*', r'.*\.db-(wal|shm)']
DATABASES = {r'register\.db': 'verify', r'derived-\d+\.db': 'derived'}


def table_of(rows):
    text = ''.join(f'{i:03},Taurus,TL{i:05},1/2/1993,Holder {chr(65 + i % 26)}{i},HU-{i:04}\n' for i in rows)
    return 'id,make,serial,on,holder,number\n' + text


def content(path, tables=None):
    """What a SQLite file says, by table (all, unless they are named); None where it cannot be read."""
    try:
        with sqlite3.connect(f'file:{path}?mode=ro', uri=True) as db:
            tables = tables or [n for n, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            db.text_factory = bytes
            return {n: sorted(map(repr, db.execute(f'SELECT * FROM "{n}"'))) for n in tables}
    except sqlite3.Error:
        return None


class Damage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.r = tool.Register().__enter__()
        take = lambda r, rows: r.take(r.write('map.json', json.dumps(MAP)), r.write('t.csv', table_of(rows)))
        assert take(cls.r, range(300)).code == 0
        with tool.Register() as other:
            assert take(other, range(500, 800)).code == 0
            assert other.run('segment', 'export', other.path('s')).code == 0
            key = log_files.read(other.dir, 'vkey').decode().strip()
            assert cls.r.run('segment', 'import', other.path('s'), '--key', key).code == 0
        party = cls.r.run('party', 'hu0007', '--json').json()['parties'][0]['id']
        assert cls.r.run('erase', party, '--basis', 'article 1').code == 0
        assert cls.r.run('account', 'add', 'ada', '--role', 'auditor', '--password-stdin', stdin=b'a sentence nobody guesses\n').code == 0
        assert cls.r.run('access', 'verify').code == 0
        cls.key = log_files.read(cls.r.dir, 'vkey').decode().strip()
        cls.files = sorted(os.path.relpath(os.path.join(top, n), cls.r.dir) for top, _, names in os.walk(cls.r.dir) for n in names)
        cls.well = {n: cls.said(n, cls.r.dir) for n in CHECKS}
        assert all(cls.well[n][0] == 0 for n in CHECKS if n != 'doctor'), cls.well

    @classmethod
    def tearDownClass(cls):
        cls.r.__exit__()

    @classmethod
    def said(cls, check, folder):
        a = CHECKS[check](folder, cls.key)
        return (a.code, [f['id'] for f in a.json()['findings']]) if check == 'doctor' else (a.code, None)

    def newest(self, name):
        """Of the last tile, which grows, older and shorter copies stay: nobody reads them."""
        part = re.fullmatch(r'(.*\.p)/(\d+)', name)
        return not part or int(part[2]) == max(int(n) for n in os.listdir(os.path.join(self.r.dir, part[1])))

    def damaged(self, name, turn):
        """A copy in which one bit of this file is turned, and where."""
        copy = self.r.path('copy')
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.r.dir, copy)
        with open(os.path.join(copy, name), 'r+b') as f:
            at = turn.randrange(os.path.getsize(f.name))
            f.seek(at)
            byte = f.read(1)[0]
            f.seek(at)
            f.write(bytes([byte ^ 1 << turn.randrange(8)]))
        return copy, at

    def test_every_file_is_of_a_kind(self):
        kinds = [k for k, _ in FOUND] + NO_MATTER + [*DATABASES] + [r'accounts\.db']
        self.assertEqual([n for n in self.files if not any(re.fullmatch(k, n) for k in kinds)], [])

    def test_found(self):
        turn = random.Random(5)
        for pattern, checks in FOUND:
            names = [n for n in self.files if re.fullmatch(pattern, n) and os.path.getsize(os.path.join(self.r.dir, n)) and self.newest(n)]
            self.assertTrue(names, pattern)
            for i in range(TRIES):
                name = names[i % len(names)]
                copy, at = self.damaged(name, turn)
                if name == 'keystore/head' and 24 <= at < 32:
                    continue  # the generation: for people, and nothing is bound to it
                for check in checks.split():
                    self.assertNotEqual(self.said(check, copy), self.well[check], f'{name}, byte {at}: {check}')

    def test_databases(self):
        """Bytes of a page that no row uses are of no matter."""
        turn = random.Random(6)
        for pattern, check in DATABASES.items():
            name = next(n for n in self.files if re.fullmatch(pattern, n))
            before = content(os.path.join(self.r.dir, name))
            for _ in range(5 * TRIES):
                copy, at = self.damaged(name, turn)
                shutil.copy(os.path.join(copy, name), copy + '.db')
                now = content(copy + '.db', before)
                other = [t for t in before if not now or now[t] != before[t]]
                if not now and check == 'derived' and self.said(check, copy) == self.well[check]:
                    made = [n for n in os.listdir(copy) if re.fullmatch(pattern, n)]  # what cannot be opened is made anew
                    self.assertEqual([content(os.path.join(copy, n), before) for n in made], [before])
                elif other:
                    by = 'derived' if other == ['document'] else check
                    self.assertNotEqual(self.said(by, copy), self.well[by], f'{name}, byte {at}: {other}')

    def test_numbers_of_persons(self):
        """Each byte that a row of the table document can lose: of the number, of the person, the row itself; and a row that leads somewhere else."""
        name, copy = 'register.db', self.r.path('copy')
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.r.dir, copy)  # who closes a database last takes its -wal and -shm away
        with sqlite3.connect(os.path.join(copy, name)) as db:
            rows = db.execute('SELECT token, party FROM document ORDER BY token').fetchall()
        db.close()
        self.assertEqual(len(rows), 299, 'the erased one has none')
        (token, party), (_, other) = rows[7], rows[9]
        for how, what in (('UPDATE document SET token = ? WHERE token = ?', (token[:15] + bytes([token[15] ^ 1]), token)),
                          ('UPDATE document SET party = ? WHERE token = ?', (party[:15] + bytes([party[15] ^ 1]), token)),
                          ('UPDATE document SET party = ? WHERE token = ?', (other, token)), ('DELETE FROM document WHERE token = ?', (token,)),
                          ('INSERT INTO document (token, party) VALUES (?, ?)', (token, other))):
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(self.r.dir, copy)
            with sqlite3.connect(os.path.join(copy, name)) as db:
                self.assertEqual(db.execute(how, what).rowcount, 1)
            db.close()
            a = tool.athar('verify', '--data', copy, '--derived', '--json')
            self.assertEqual((a.code, a.json().get('tables')), (1, 'document'), f'{how}\n{a}')

    def test_of_no_matter(self):
        turn = random.Random(7)
        trace = self.r.run('trace', '001', '--json').out
        search = self.r.run('search', 'TL00001', '--json').json()['candidates']
        for pattern in NO_MATTER:
            for name in (n for n in self.files if re.fullmatch(pattern, n) and os.path.getsize(os.path.join(self.r.dir, n))):
                copy, at = self.damaged(name, turn)
                self.assertEqual(tool.athar('trace', '--data', copy, '001', '--json').out, trace, (name, at))
                self.assertEqual(tool.athar('search', '--data', copy, 'TL00001', '--json').json()['candidates'], search, (name, at))
                for check in ('verify', 'derived', 'openings'):
                    self.assertEqual(self.said(check, copy), self.well[check], (name, at))

    def test_damaged_keys_are_no_erasure(self):
        """Nobody is quietly gone: not from the answers, not from the store by the next who writes, not from the backup of the keys."""
        name = next(n for n in self.files if re.fullmatch(r'keystore/\d{6}\.\d+', n))
        turn = random.Random(8)
        good = self.r.path('good')
        self.assertEqual(self.r.run('keys', 'backup', '--days', '3', good).code, 0)
        with open(good, 'rb') as f:
            kept = f.read()
        for _ in range(TRIES):
            copy, at = self.damaged(name, turn)
            with open(os.path.join(copy, name), 'rb') as f:
                as_damaged = f.read()
            a = tool.athar('party', '--data', copy, 'holder')
            self.assertEqual(a.code, 1, f'byte {at}: {a}')
            self.assertIn('athar keys restore', tool.athar('verify', '--data', copy, '--derived').out)
            self.assertEqual(tool.athar('keys', 'backup', '--data', copy, '--days', '3', good).code, 1)
            self.assertEqual(tool.athar('import', '--data', copy, '--map', self.r.path('map.json'), self.r.write('more.csv', table_of(range(900, 905)))).code, 1)
            with open(os.path.join(copy, name), 'rb') as f:
                self.assertEqual(f.read(), as_damaged)
            with open(good, 'rb') as f:
                self.assertEqual(f.read(), kept)
            self.assertEqual(tool.athar('keys', 'restore', '--data', copy, good).code, 0)
            self.assertEqual(self.said('derived', copy), self.well['derived'])


if __name__ == '__main__':
    tool.main()
