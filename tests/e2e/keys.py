#!/usr/bin/env python3
"""Sealing, from outside: a person erased is nowhere in the data directory and no earlier backup brings him back; a locked register is read by
nobody who has the disk, the passwords and one officer's share, and by a quorum."""
import glob
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import tool  # noqa: E402

NAME, NUMBER, ADDRESS = 'Zsuzsanna Kertész-Móricz', 'HU-77 4402 19', 'Kossuth tér 14, Eger'
MAP = {'source': 'town', 'row_key': 'id', 'external_id': 'id', 'item': {'make': 'make', 'model': 'model'}, 'records': [
    {'kind': 'registered', 'describe': True, 'mark': {'text': 'serial'}, 'happened': {'column': 'on', 'pattern': 'D/M/YYYY'}, 'note': 'note',
     'parties': [{'role': 'to', 'class': 'PERSON', 'name': 'holder', 'document': 'number', 'address': 'address'}]}]}
TABLE = f'''id,make,model,serial,on,holder,number,address,note
A1,Taurus,85,TLB71835,1/2/1993,{NAME},{NUMBER},"{ADDRESS}",
A2,Glock,17,BUCR828,5/6/2001,Ivo Brandt,DE-99,"Am Markt 2",
A3,CZ,75,K4417,{NAME},{NAME},{NUMBER},"{ADDRESS}",
A4,CZ,75,K4418,7/7/2007,{NAME},{NUMBER},"{ADDRESS}",
'''


def files(folder):
    return [p for p in glob.glob(folder + '/**', recursive=True) if os.path.isfile(p)]


def holders(folder, what):
    """Files of the folder that hold these bytes."""
    found = []
    for path in files(folder):
        with open(path, 'rb') as f:
            if what in f.read():
                found.append(os.path.relpath(path, folder))
    return found


def holder_of(trace):
    """(id, name) of the person in the firearm's life, the name None when nobody can read it."""
    def walk(x):
        if isinstance(x, dict):
            if x.get('class') == 'PERSON' and 'id' in x:
                yield x['id'], x.get('name') or None
            for v in x.values():
                yield from walk(v)
        elif isinstance(x, list):
            for v in x:
                yield from walk(v)
    return next(walk(trace))


class Base(unittest.TestCase):
    def setUp(self):
        self.r = tool.Register().__enter__()
        self.map = self.r.write('map.json', json.dumps(MAP))
        a = self.r.take(self.map, self.r.write('table.csv', TABLE))
        self.assertEqual((a.code, a.json()['added'], a.json()['rejected']), (0, 3, 1), a)

    def tearDown(self):
        self.r.__exit__()

    def holder(self, firearm):
        return holder_of(self.r.run('trace', firearm, '--json').json())

    def erase(self, party, *words):
        return self.r.run('erase', party, '--basis', 'Firearms Act 12 (3)', '--term', '30 years', *words)

    def copy(self, name):
        return shutil.copytree(self.r.dir, self.r.path(name))


class ElsewhereKept(unittest.TestCase):
    """Keys in a folder of their own, to which the data directory has links."""

    def test_all_of_it_works_through_the_link(self):
        with tempfile.TemporaryDirectory(prefix='athar-keys-') as top:
            data, folder, other = (os.path.join(top, n) for n in ('data', 'keys', 'other'))
            run = lambda verb, *words: tool.athar(verb, '--data', data, *words)
            self.assertEqual(tool.athar(*tool.init_words(data), '--keys', folder).code, 0)
            for name in ('keystore', 'log.key'):
                self.assertEqual(os.readlink(os.path.join(data, name)), os.path.join(folder, name))
            self.assertEqual(os.stat(folder).st_mode & 0o777, 0o700)
            for name, text in (('map.json', json.dumps(MAP)), ('table.csv', TABLE)):
                with open(os.path.join(top, name), 'w', encoding='utf-8') as f:
                    f.write(text)
            a = run('import', '--map', os.path.join(top, 'map.json'), os.path.join(top, 'table.csv'))
            self.assertEqual(a.code, 0, a)
            holder = lambda g: holder_of(run('trace', g, '--json').json())
            party, name = holder('A1')
            self.assertEqual(name, NAME)
            backup = os.path.join(top, 'keys.backup')
            self.assertEqual(run('keys', 'backup', backup, '--days', '30').code, 0)
            self.assertEqual(run('erase', party, '--basis', 'Firearms Act 12 (3)').code, 0)
            a = run('keys', 'restore', backup)
            self.assertEqual(a.code, 0, a)
            self.assertTrue(os.path.islink(os.path.join(data, 'keystore')), 'the keys are still where all look for them')
            self.assertEqual(sorted(os.listdir(folder)), ['keystore', 'log.key'])
            self.assertEqual((holder('A1'), holder('A2')[1]), ((party, None), 'Ivo Brandt'))
            self.assertEqual(run('verify', '--derived').code, 0)
            a = tool.athar('init', '--data', other, '--join', '--keys', folder)
            self.assertEqual((a.code, os.path.exists(os.path.join(other, 'keystore'))), (1, False), a)
            self.assertIn('--db and --keys', a.err)


class Erased(Base):
    def test_nothing_is_left(self):
        party, name = self.holder('A1')
        self.assertEqual(name, NAME)
        db = sqlite3.connect(f'file:{self.r.dir}/register.db?mode=ro', uri=True)
        tokens = [t for (t,) in db.execute('SELECT token FROM document WHERE party = ?', (bytes.fromhex(party),))]
        db.close()
        self.assertEqual(len(tokens), 1)
        rejects = [p for p in holders(self.r.dir, NAME.encode()) if p.endswith('-rejected.csv')]
        self.assertEqual(len(rejects), 1, 'the reject file is meant to hold the name')
        before = self.r.digest()
        a = self.erase(party)
        self.assertEqual(a.code, 0, a)
        self.assertEqual(a.json()['reject_files'], 1)
        for what in (NAME.encode(), NUMBER.encode(), NUMBER.replace(' ', '').replace('-', '').encode(), ADDRESS.encode(), *tokens):
            self.assertEqual(holders(self.r.dir, what), [], what)
        after = self.r.digest()
        self.assertEqual({t for t in before if before[t] != after[t]}, {'item_record'}, 'one record more, and nothing else')
        self.assertEqual(self.r.rebuild(), after)
        for firearm in ('A1', 'A4'):
            self.assertEqual(self.holder(firearm), (party, None))
        self.assertEqual(self.holder('A2')[1], 'Ivo Brandt')
        self.assertEqual(self.r.run('search', 'TLB71835', '--json').json()['candidates'][0]['external_id'], 'A1')
        verified = self.r.run('verify', '--json')
        self.assertEqual((verified.code, verified.json()['size']), (0, verified.json()['rows']), 'the erasure is under a signed checkpoint')
        again = self.erase(party)
        self.assertEqual(again.code, 1, again)
        self.assertIn('not erased', again.err)

    def test_an_earlier_database_does_not_bring_him_back(self):
        party, _ = self.holder('A1')
        old = self.copy('old')
        self.assertEqual(self.erase(party).code, 0)
        for path in glob.glob(self.r.dir + '/register.db*') + glob.glob(self.r.dir + '/index.snap'):
            os.unlink(path)
        for path in glob.glob(old + '/register.db*') + glob.glob(old + '/index.snap'):
            shutil.copy(path, self.r.dir)
        self.assertEqual(self.holder('A1'), (party, None))
        shutil.rmtree(self.r.dir + '/log', ignore_errors=True)
        a = self.r.run('erase', '--again')
        self.assertEqual(a.code, 0, a)
        self.assertEqual(a.json()['erased'], 1, a)
        self.assertEqual(self.r.run('erase', '--again').json()['erased'], 0)
        db = sqlite3.connect(f'file:{self.r.dir}/register.db?mode=ro', uri=True)
        self.assertEqual(db.execute('SELECT count(*) FROM document WHERE party = ?', (bytes.fromhex(party),)).fetchone(), (0,))
        db.close()

    def test_an_earlier_key_store_does_not_either(self):
        party, _ = self.holder('A1')
        backup = self.r.path('keys.backup')
        self.assertEqual(self.r.run('keys', 'backup', backup, '--days', '30').code, 0)
        plain = self.copy('old')
        self.assertEqual(self.erase(party).code, 0)
        a = self.r.run('keys', 'restore', backup)
        self.assertEqual(a.code, 0, a)
        self.assertEqual(self.holder('A1'), (party, None))
        self.assertEqual(self.holder('A2')[1], 'Ivo Brandt')
        shutil.rmtree(self.r.dir + '/keystore')  # a copy of the folder, put there by hand: the log knows better
        shutil.copytree(plain + '/keystore', self.r.dir + '/keystore')
        self.assertEqual(self.holder('A1'), (party, NAME), 'this is the case that --again is for')
        self.assertEqual(self.r.run('erase', '--again').json()['erased'], 1)
        self.assertEqual(self.holder('A1'), (party, None))

    def test_an_expired_backup_is_refused(self):
        backup = self.r.path('keys.backup')
        self.assertEqual(self.r.run('keys', 'backup', backup, '--days', '30').code, 0)
        p = subprocess.run(['faketime', '-f', '+31d', tool.ATHAR, 'keys', 'restore', '--data', self.r.dir, backup], capture_output=True)
        self.assertEqual(p.returncode, 1, p)
        self.assertIn(b'has not expired', p.stderr)

    def test_a_hold_stops_it(self):
        party, _ = self.holder('A1')
        firearm = self.r.run('trace', 'A4', '--json').json()['subject']
        for subject, item in ((party, ()), (firearm, ('--item',))):
            self.assertEqual(self.r.run('hold', subject, '--case', 'K 12/26', *item).code, 0)
            a = self.erase(party)
            self.assertEqual(a.code, 1)
            self.assertIn('K 12/26', a.err)
            self.assertEqual(self.r.run('hold', subject, '--case', 'K 12/26', '--lift', *item).code, 0)
        self.assertEqual(self.holder('A1')[1], NAME)
        self.assertEqual(self.erase(party).code, 0)

    def test_the_basis_is_asked_for(self):
        party, _ = self.holder('A1')
        a = self.r.run('erase', party)
        self.assertEqual(a.code, 1)
        self.assertIn('legal basis', a.err)


class Found(unittest.TestCase):
    """Persons by name and number; retention, since it decides who is still found."""
    TABLE = ('id,make,model,serial,on,holder,number,address,gone\n'
             'A1,Taurus,85,TLB71835,1/2/1983,Zsuzsanna Kertész-Móricz,HU-77 4402 19,Eger,2/1/1990\n'
             'A2,Glock,17,BUCR828,5/6/2001,李娜,CN-1,Shanghai,\nA3,CZ,75,K4417,5/6/2001,محمد الأحمد,SY-2,Homs,\n'
             'A4,CZ,75,K4418,7/7/1980,Пётр Иванов,RU-3,Tula,1/1/1991\nA5,CZ,75,K4419,7/7/2007,Pyotr Ivanovich,RU-4,Omsk,\n'
             'A6,CZ,75,K4420,7/7/1980,Ana Lind,SE-1,Lund,1/1/1991\nA7,CZ,75,K4421,7/7/2007,Ana Lind,SE-1,Lund,\n')
    MAP = dict(MAP, records=[{k: v for k, v in MAP['records'][0].items() if k != 'note'}, {'kind': 'destroyed', 'if': {'column': 'gone'}, 'happened': {
        'column': 'gone', 'pattern': 'D/M/YYYY'}}])

    @classmethod
    def setUpClass(cls):
        cls.r = tool.Register().__enter__()
        a = cls.r.take(cls.r.write('map.json', json.dumps(cls.MAP)), cls.r.write('table.csv', cls.TABLE))
        assert (a.code, a.json()['added']) == (0, 7), a

    @classmethod
    def tearDownClass(cls):
        cls.r.__exit__()

    def found(self, query):
        a = self.r.run('party', query, '--json')
        self.assertEqual(a.code, 0, a)
        return [p['name'] for p in a.json()['parties']]

    def test_names(self):
        for query, want in (('kertesz zsu', ['Zsuzsanna Kertész-Móricz']), ('MÓRICZ', ['Zsuzsanna Kertész-Móricz']), ('李娜', ['李娜']),
                            ('li na', ['李娜']), ('احمد', ['محمد الأحمد']), ('مُحَمَّد', ['محمد الأحمد']), ('Иванов', ['Пётр Иванов']),
                            ('ivanov', ['Пётр Иванов', 'Pyotr Ivanovich']), ('ivanovich', ['Pyotr Ivanovich']), ('vanov', []), ('Ivanov Ana', [])):
            self.assertEqual(self.found(query), want, query)
        self.assertEqual(self.r.run('party', '...').code, 1)

    def test_numbers(self):
        for query, want in (('HU-77 4402 19', ['Zsuzsanna Kertész-Móricz']), ('hu77440219', ['Zsuzsanna Kertész-Móricz']), ('CN1', ['李娜']), ('CN-12', [])):
            self.assertEqual(self.found(query), want, query)
        self.assertEqual(holders(self.r.dir, b'HU-77 4402 19') + holders(self.r.dir, b'HU77440219'), [])

    def test_retention(self):
        with tool.Register() as r:
            r.take(self.r.path('map.json'), self.r.path('table.csv'))
            held = r.run('party', 'Иванов', '--json').json()['parties'][0]
            gun = held['firearms'][0]['subject']
            self.assertEqual(r.run('hold', gun, '--item', '--case', 'T-1').code, 0)
            a = r.run('retain').json()
            # Ana Lind also has a firearm that was never destroyed; the others' guns were not either
            self.assertEqual((a['persons'], a['due'], a['held'], a['erased']), (6, 2, 1, 0))
            self.assertEqual({p['since'] for p in a['parties']}, {'2020-01-03', '2021-01-02'})
            self.assertEqual([p['hold'] for p in a['parties'] if p['id'] == held['id']], ['T-1'])
            a = r.run('retain', '--do').json()
            self.assertEqual((a['due'], a['held'], a['erased']), (2, 1, 1))
            self.assertEqual(r.run('party', 'kertesz', '--json').json()['count'], 0)
            self.assertEqual(r.run('party', 'Иванов', '--json').json()['count'], 1)
            self.assertEqual(r.run('hold', gun, '--item', '--case', 'T-1', '--lift').code, 0)
            self.assertEqual(r.run('retain', '--do').json()['erased'], 1)
            self.assertEqual(r.run('retain', '--do').json()['due'], 0)
            self.assertEqual(holders(r.dir, 'Иванов'.encode()), [])
            digest = r.digest()
            self.assertEqual(r.rebuild(), digest)


class Locked(Base):
    def shares(self, need, of):
        a = self.r.run('keys', 'shares', '--need', need, '--of', of)
        self.assertEqual(a.code, 0, a)
        return a.out.splitlines()

    def cannot_read(self, **env):
        for words in (('trace', 'A1'), ('search', 'TLB71835'), ('rebuild',), ('trace', 'A1', '--json')):
            a = self.r.run(*words, env=env)
            self.assertEqual((a.code, a.out), (1, ''), words)
            self.assertIn('locked', a.err)

    def test_without_shares_it_is_refused(self):
        a = self.r.run('lock')
        self.assertEqual(a.code, 1)
        self.assertIn('share set', a.err)
        self.assertEqual(self.holder('A1')[1], NAME)

    def test_disk_passwords_and_one_share_are_not_enough(self):
        shares = self.shares(3, 5)
        passphrase = self.r.write('passphrase', 'seven white herons\n')
        master = self.r.dir + '/keystore/master'
        with open(master, 'rb') as f:
            kept = f.read()
        self.assertEqual(self.r.run('lock').code, 0)
        self.assertFalse(os.path.exists(master))
        with open(master, 'wb') as f:  # who had copied the master file before
            f.write(kept)
        self.cannot_read()
        for n in (1, 2):
            a = self.r.run('keys', 'unlock', self.r.write('some', '\n'.join(shares[:n])))
            self.assertEqual(a.code, 1)
            self.cannot_read()
        a = self.r.run('keys', 'unlock', self.r.write('quorum', '\n'.join(shares[2:])))
        self.assertEqual(a.code, 0, a)
        self.assertEqual(self.holder('A1')[1], NAME)
        # the same where a passphrase opened it
        self.assertEqual(self.r.run('keys', 'master', '--passphrase', passphrase).code, 0)
        self.assertEqual(self.r.run('trace', 'A1').code, 1)
        a = self.r.run('trace', 'A1', '--json', env={'ATHAR_PASSPHRASE_FILE': passphrase})
        self.assertEqual(holder_of(a.json())[1], NAME)
        self.assertEqual(self.r.run('lock').code, 0)
        self.cannot_read(ATHAR_PASSPHRASE_FILE=passphrase)
        self.assertEqual(holders(self.r.dir, NAME.encode()), [p for p in holders(self.r.dir, NAME.encode()) if p.endswith('-rejected.csv')])
        self.assertEqual(self.r.run('keys', 'unlock', self.r.path('quorum')).code, 0)
        self.assertEqual(self.holder('A1')[1], NAME)

    def test_an_escrow_abroad_opens_it(self):
        pair = tool.athar('keys', 'escrow-new').out
        public = pair.split()[1]
        sealed = self.r.run('keys', 'shares', '--need', 2, '--of', 2, '--escrow', public)
        self.assertEqual(sealed.code, 0, sealed)
        self.assertEqual(self.r.run('lock').code, 0)
        self.cannot_read()
        sealed_file, pair_file = self.r.write('sealed', sealed.out), self.r.write('pair', pair)
        wrong = self.r.write('wrong', tool.athar('keys', 'escrow-new').out)
        self.assertEqual(tool.athar('keys', 'escrow-open', '--secret', wrong, sealed_file).code, 1)
        opened = tool.athar('keys', 'escrow-open', '--secret', pair_file, sealed_file)
        self.assertEqual(opened.code, 0, opened)
        self.assertEqual(self.r.run('keys', 'unlock', '-', stdin=opened.out.encode()).code, 0)
        self.assertEqual(self.holder('A1')[1], NAME)

    def test_status_says_what_opens_it(self):
        self.shares(2, 3)
        s = self.r.run('keys', 'status').json()
        self.assertEqual([x['type'] for x in s['slots']], ['file', 'quorum'])
        self.assertEqual((s['slots'][1]['need'], s['slots'][1]['of'], s['persons'], s['locked']), (2, 3, 2, False))
        self.r.run('lock')
        s = self.r.run('keys', 'status').json()
        self.assertEqual(([x['type'] for x in s['slots']], s['locked'], 'persons' in s), (['quorum'], True, False))

    def test_a_running_server_forgets_within_a_second(self):
        shares = self.shares(2, 3)
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            port = s.getsockname()[1]
        p = subprocess.Popen([tool.ATHAR, 'serve', '--data', self.r.dir, '--open', '--listen', f'127.0.0.1:{port}'], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
        try:
            p.stdout.readline()

            def ask(path):
                try:
                    with urllib.request.urlopen(f'http://127.0.0.1:{port}{path}', timeout=60) as f:
                        return f.status, f.read().decode()
                except urllib.error.HTTPError as e:
                    return e.code, e.read().decode()
            self.assertIn(NAME, ask('/api/v1/firearms/A1')[1])
            self.assertEqual(ask('/api/v1/search?pattern=TLB71835')[0], 200)
            self.assertEqual(self.r.run('lock').code, 0)
            for path in ('/api/v1/firearms/A1', '/api/v1/search?pattern=TLB71835', '/firearms/A1'):
                code, text = ask(path)
                self.assertEqual(code, 503, text)
                self.assertNotIn(NAME, text)
            self.assertEqual(self.r.run('keys', 'unlock', self.r.write('quorum', '\n'.join(shares[:2]))).code, 0)
            self.assertIn(NAME, ask('/api/v1/firearms/A1')[1])
        finally:
            p.terminate()
            p.wait(timeout=60)
            p.stdout.close()


if __name__ == '__main__':
    tool.main()
