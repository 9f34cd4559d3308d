#!/usr/bin/env python3
"""Backup and restore, from outside: beside an import, incremental, every flipped bit found, no way to an older state or to an erased person."""
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import log_files  # noqa: E402
import tool  # noqa: E402

MAP = {'source': 'town', 'row_key': 'id', 'external_id': 'id', 'item': {'make': 'make', 'model': 'model'}, 'records': [
    {'kind': 'registered', 'describe': True, 'mark': {'text': 'serial'}, 'happened': {'column': 'on', 'pattern': 'D/M/YYYY'},
     'parties': [{'role': 'to', 'class': 'PERSON', 'name': 'holder', 'document': 'number'}]}]}
HEAD = 'id,make,model,serial,on,holder,number\n'
FIRST = HEAD + 'A1,Taurus,85,TLB71835,1/2/1993,Vida Lomari,HU-77 44\nA2,Glock,17,BUCR828,5/6/2001,Ivo Brandt,DE-99\n'
SECOND = HEAD + 'A3,CZ,75,K4418,7/7/2007,Ana Lind,SE-1\n'
THIRD = HEAD + 'A4,CZ,85,K9921,7/7/2011,Otto Ramm,SE-2\n'


def tree(folder):
    """{path: bytes} of all regular files."""
    found = {}
    for top, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(top, name)
            with open(path, 'rb') as f:
                found[os.path.relpath(path, folder)] = f.read()
    return found


def flip(path, at):
    with open(path, 'r+b') as f:
        f.seek(at)
        byte = f.read(1)[0]
        f.seek(at)
        f.write(bytes([byte ^ 1]))


class Base(unittest.TestCase):
    def setUp(self):
        self.r = tool.Register().__enter__()
        self.map = self.r.write('map.json', json.dumps(MAP))
        self.target, self.keys = self.r.path('target'), self.r.path('keys.backup')
        self.take(FIRST)

    def tearDown(self):
        url = tool.database_of(self.new_dir()) if tool.SERVER else None
        if url:
            import postgres
            postgres.sql(tool.SERVER, f'DROP DATABASE IF EXISTS {tool.database_name(url)} WITH (FORCE)')
        self.r.__exit__()

    def new_dir(self):
        return self.r.path('new')

    def take(self, table):
        a = self.r.take(self.map, self.r.write('table.csv', table))
        self.assertEqual((a.code, a.json()['rejected']), (0, 0), a)

    def backup(self, *words, target=None):
        a = self.r.run('backup', '--json', *words, target or self.target)
        self.assertEqual(a.code, 0, a)
        return a.json()

    def with_keys(self):
        return self.backup('--keys', self.keys, '--days', '30')

    def restore(self, *words, to=None, target=None):
        db = ['--db', tool.new_database()] if tool.SERVER and '--check' not in words else []
        return tool.athar('restore', target or self.target, '--data', to or self.new_dir(), *db, *words)

    def anew(self, *words):
        """On another machine: the backup, the keys' backup and the copy of the master file."""
        a = self.restore('--keys', self.keys, '--master', self.r.dir + '/keystore/master', *words)
        self.assertEqual(a.code, 0, a)
        return a

    def refused(self, a, *texts):
        self.assertEqual(a.code, 1, a)
        for text in texts:
            self.assertIn(text, a.err)

    def digest(self, folder):
        return tool.read_digest(tool.athar('rebuild', '--digest', '--data', folder))

    def holder(self, folder, query='hu7744'):
        return [p['name'] for p in tool.athar('party', query, '--json', '--data', folder).json()['parties']]


class Saved(Base):
    def rows(self, folder):
        with sqlite3.connect(f'file:{folder}/register.db?mode=ro', uri=True) as db:
            return db.execute('SELECT position, received, id, bytes FROM record ORDER BY position').fetchall()

    def test_equal_and_only_what_is_new(self):
        self.assertEqual(tool.athar('account', 'add', '--data', self.r.dir, 'amal', '--role', 'auditor', '--password-stdin',
                                    stdin=b'a sentence nobody guesses\n').code, 0)
        first = self.with_keys()
        self.assertEqual(first['added'], first['size'])
        self.take(SECOND)
        second = self.with_keys()
        self.assertEqual(second['added'], second['size'] - first['size'])
        self.assertGreater(second['added'], 0)
        third = self.backup()
        self.assertEqual((third['added'], third['bytes'], third['waiting']), (0, 0, 0), third)
        self.anew()
        self.assertEqual(self.digest(self.new_dir()), self.r.digest())
        for name in ('log/checkpoint', 'log/vkey', 'log.key'):
            self.assertEqual(tree(self.new_dir())[name], tree(self.r.dir)[name], name)
        self.assertEqual(tool.athar('verify', '--data', self.new_dir()).code, 0)
        self.assertEqual(tool.athar('verify', '--data', self.new_dir(), '--derived').code, 0)
        self.assertEqual(self.holder(self.new_dir()), ['Vida Lomari'], 'numbers of documents are found')
        with sqlite3.connect(self.new_dir() + '/accounts.db') as db:
            self.assertEqual(db.execute('SELECT count(*) FROM secret').fetchone(), (1,))
        if not tool.SERVER:
            self.assertEqual(self.rows(self.r.dir), self.rows(self.new_dir()))
        a = tool.athar('backup', '--data', self.new_dir(), '--json', self.target)
        self.assertEqual((a.code, a.json()['added']), (0, 0), 'the restored register goes on with the same backup')

    def test_logs_of_other_offices(self):
        with tool.Register() as other:
            self.assertEqual(other.take(self.map, other.write('t.csv', SECOND)).code, 0)
            segment = other.path('segment')
            self.assertEqual(other.run('segment', 'export', segment).code, 0)
            with open(segment + '/vkey', encoding='utf-8') as f:
                vkey = f.read().strip()
            words = ('segment', 'import', segment, '--key', vkey)
            self.assertEqual(self.r.run(*words).code, 0)
            self.with_keys()
            self.anew()
            self.assertEqual(tool.athar('verify', '--data', self.new_dir()).code, 0)
            self.assertEqual({n for n in tree(self.new_dir()) if n.startswith('origins/')}, {n for n in tree(self.r.dir) if n.startswith('origins/')})
            self.assertEqual(tool.athar(*words, '--data', self.new_dir()).code, 0)

    def test_a_copy_finds_numbers_of_documents(self):
        db = ['--db', tool.new_database()] if tool.SERVER else []
        a = self.r.run('copy', '--to', self.new_dir(), *db)
        self.assertEqual(a.code, 0, a)
        self.assertEqual(self.holder(self.new_dir()), ['Vida Lomari'])

    def test_beside_an_import_and_a_server(self):
        table = tool.sample(3000, 11, self.r.path('sample.csv'))
        with tool.Served(self.r):
            p = subprocess.Popen([tool.ATHAR, 'import', '--data', self.r.dir, '--map', os.path.join(tool.MAPS, 'sample.json'), table],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            sizes = []
            while p.poll() is None:
                sizes.append(self.backup()['size'])
                self.assertEqual(self.restore('--check').code, 0)
            self.assertEqual(p.wait(), 0)
            sizes.append(self.with_keys()['size'])
        self.assertEqual(sizes, sorted(sizes))
        self.anew()
        self.assertEqual(self.digest(self.new_dir()), self.r.digest())

    def test_what_is_left_out(self):
        self.with_keys()
        self.assertEqual(self.r.take(self.map, self.r.write('bad.csv', HEAD + 'A9,CZ,75,K1,no date,Rika Tamm,EE-5\n')).json()['rejected'], 1)
        self.backup()
        held = b''.join(tree(self.target).values())
        for secret in ('Rika Tamm', 'Vida Lomari', 'HU-77'):
            self.assertNotIn(secret.encode(), held)
        for name in ('log.key', 'keystore/master', 'keystore/head'):
            self.assertNotIn(tree(self.r.dir)[name].strip(), held, name)
        if tool.SERVER:
            self.assertNotIn(tool.database_of(self.r.dir).encode(), held)

    def test_where_it_may_not_be(self):
        for words in ((self.r.dir + '/b',), (self.target, '--keys', self.target + '/k', '--days', '9'),
                      (self.target, '--keys', self.r.dir + '/k', '--days', '9')):
            os.makedirs(self.target, exist_ok=True)
            self.refused(self.r.run('backup', *words), 'outside')
        self.backup()
        with tool.Register() as other:
            self.refused(other.run('backup', self.target), 'another')


class Damaged(Base):
    def kept(self):
        return {name: data for name, data in tree(self.r.dir).items() if not name.endswith(('lock', '-shm'))}

    def test_every_flipped_file_is_found(self):
        self.with_keys()
        good = tree(self.target)
        self.assertEqual(self.restore('--check').code, 0)
        for name in sorted(good):
            if not good[name]:
                continue
            flip(os.path.join(self.target, name), len(good[name]) // 2)
            a = self.restore('--check')
            self.assertEqual(a.code, 1, (name, a))
            flip(os.path.join(self.target, name), len(good[name]) // 2)
            os.rename(os.path.join(self.target, name), self.r.path('away'))
            self.assertEqual(self.restore('--check').code, 1, ('missing', name))
            os.rename(self.r.path('away'), os.path.join(self.target, name))
        self.assertEqual(self.restore('--check').code, 0)

    def test_nothing_is_replaced_by_a_damaged_one(self):
        self.with_keys()
        before = self.kept()
        bundle = self.target + '/log/tile/entries/000.p/' + os.listdir(self.target + '/log/tile/entries/000.p')[0]
        flip(bundle, 300)
        self.refused(self.restore('--replace', '--keys', self.keys, to=self.r.dir), 'nothing was restored')
        self.assertEqual(self.kept(), before)
        self.backup('--anew')
        before = self.kept()
        self.assertEqual(self.restore('--check').code, 0)
        flip(self.keys, os.path.getsize(self.keys) // 2)
        self.refused(self.restore('--replace', '--keys', self.keys, to=self.r.dir))
        self.assertEqual(self.kept(), before)

    def test_a_damaged_target_is_written_again(self):
        self.backup()
        page = self.target + '/backup'
        flip(page, os.path.getsize(page) // 2)
        self.take(SECOND)
        self.backup()
        self.assertEqual(self.restore('--check').code, 0)


class Rewound(Base):
    def test_an_older_state_is_refused(self):
        self.with_keys()
        shutil.copytree(self.target, self.r.path('older'))
        self.take(SECOND)
        newer = self.with_keys()['size']
        kept = self.r.write('kept', tree(self.r.dir)['log/checkpoint'])
        older = self.r.path('older')
        self.refused(self.restore('--replace', target=older, to=self.r.dir), str(newer))
        self.refused(self.restore('--keys', self.keys, '--master', self.r.dir + '/keystore/master', '--known', kept, target=older), str(newer))
        a = self.restore('--keys', self.keys, '--master', self.r.dir + '/keystore/master', '--known', kept, '--accept-loss', target=older)
        self.assertEqual(a.code, 0, a)
        self.assertIn('are lost', a.out)
        a = tool.athar('backup', '--data', self.new_dir(), self.target)
        self.refused(a, 'holds more')

    def test_another_history_is_refused(self):
        self.with_keys()
        self.anew()
        a = tool.athar('import', '--data', self.new_dir(), '--map', self.map, self.r.write('t3.csv', THIRD))
        self.assertEqual(a.code, 0, a)
        self.take(SECOND)
        self.backup()
        kept = self.r.write('kept', tree(self.new_dir())['log/checkpoint'])
        words = ('--replace', '--keys', self.keys, '--known', kept)
        a = self.restore(*words, to=self.r.dir)
        self.refused(a, 'parts from it')
        self.refused(tool.athar('backup', '--data', self.new_dir(), self.target))

    def test_a_witness_knows_more(self):
        folder = self.r.path('witness')
        vkey = tree(self.r.dir)['log/vkey'].decode().strip()
        a = tool.athar('witness', '--dir', folder, '--name', 'witness.example/w', '--log', vkey)
        self.assertEqual(a.code, 0, a)
        p = subprocess.Popen([tool.ATHAR, 'witness', '--dir', folder, '--listen', '127.0.0.1:0'], stdout=subprocess.PIPE)
        try:
            p.stdout.readline()
            address = p.stdout.readline().decode().split()[-1].rstrip('/')
            with open(self.r.dir + '/witnesses', 'w', encoding='ascii') as f:
                f.write(a.out.split()[-1] + ' ' + address + '\n')
            self.with_keys()
            shutil.copytree(self.target, self.r.path('older'))
            self.take(SECOND)
            self.assertEqual(self.r.run('witness-ask').code, 0)
            size = log_files.checkpoint(self.r.dir).size
            words = ('--keys', self.keys, '--master', self.r.dir + '/keystore/master')
            self.refused(self.restore(*words, target=self.r.path('older')), str(size))
            self.assertFalse(os.path.exists(self.new_dir()))
            a = self.restore(*words, '--accept-loss', target=self.r.path('older'))
            self.assertEqual(a.code, 0, a)
        finally:
            p.terminate()
            p.wait()
            p.stdout.close()


class Erased(Base):
    def erase(self):
        party = self.r.run('party', 'hu7744', '--json').json()['parties'][0]['id']
        self.assertEqual(self.r.run('erase', party, '--basis', 'Firearms Act 12 (3)', '--term', '30 years').code, 0)

    def gone(self, folder):
        self.assertEqual(self.holder(folder), [])
        self.assertEqual(self.holder(folder, 'lomari'), [])
        self.assertEqual(self.holder(folder, 'brandt'), ['Ivo Brandt'])
        self.assertEqual(tool.athar('verify', '--data', folder).code, 0)
        if not tool.SERVER:
            with sqlite3.connect(f'file:{folder}/register.db?mode=ro', uri=True) as db:
                self.assertEqual(db.execute('SELECT count(*) FROM document').fetchone(), (1,))

    def test_an_earlier_backup_over_what_is_there(self):
        self.with_keys()
        self.erase()
        before = self.r.digest()
        a = self.restore('--replace', '--accept-loss', '--keys', self.keys, to=self.r.dir)
        self.assertEqual(a.code, 0, a)
        self.gone(self.r.dir)
        self.assertEqual(self.digest(self.r.dir)['item'], before['item'])

    def test_earlier_data_with_later_keys(self):
        self.with_keys()
        shutil.copytree(self.target, self.r.path('older'))
        self.erase()
        self.with_keys()
        self.assertEqual(self.restore('--keys', self.keys, '--master', self.r.dir + '/keystore/master', target=self.r.path('older')).code, 0)
        self.gone(self.new_dir())

    def test_earlier_keys_with_later_data(self):
        self.with_keys()
        self.erase()
        self.backup()
        a = self.anew()
        self.assertIn('erased again', a.out)
        self.gone(self.new_dir())

    def test_expired_keys(self):
        self.with_keys()
        p = subprocess.run(['faketime', '-f', '+31d', tool.ATHAR, 'restore', self.target, '--data', self.new_dir(), '--keys', self.keys,
                            '--master', self.r.dir + '/keystore/master'], capture_output=True)
        self.assertEqual(p.returncode, 1)
        self.assertIn(b'has not expired', p.stderr)
        self.assertFalse(os.path.exists(self.new_dir()))


class Opened(Base):
    """The disk with the master file is lost: what was kept apart opens the keys."""

    def test_nothing_opens_them(self):
        self.with_keys()
        self.refused(self.restore('--keys', self.keys), '--master')
        self.refused(self.restore(), '--keys' if tool.SERVER else 'key store')

    def test_a_quorum(self):
        shares = self.r.run('keys', 'shares', '--need', 2, '--of', 3).out.splitlines()
        self.with_keys()
        a = self.restore('--keys', self.keys, '--shares', self.r.write('shares', '\n'.join(shares[1:])))
        self.assertEqual(a.code, 0, a)
        self.assertEqual(self.holder(self.new_dir()), ['Vida Lomari'])
        self.assertEqual(self.digest(self.new_dir()), self.r.digest())


class Mended(Base):
    """What is derived can be thrown away, and is, where it does not hold."""

    def spoiled(self, spoil):
        before = self.r.digest()
        name = next(n for n in os.listdir(self.r.dir) if n.startswith('derived-') and n.endswith('.db'))
        for tail in ('-wal', '-shm'):
            if os.path.exists(os.path.join(self.r.dir, name + tail)):
                os.unlink(os.path.join(self.r.dir, name + tail))
        spoil(os.path.join(self.r.dir, name))
        a = self.r.run('search', 'BUCR828')
        self.refused(a, 'athar rebuild')
        self.assertEqual(self.r.run('verify').code, 0, 'the log has nothing to do with it')
        self.backup()
        self.assertEqual(self.r.rebuild(), before)
        self.assertEqual(self.r.run('search', 'BUCR828').code, 0)

    def test_a_damaged_file(self):
        def garbage(path):
            with open(path, 'r+b') as f:
                f.write(b'no database' * 9)
        self.spoiled(garbage)
        self.spoiled(lambda path: os.truncate(path, 20000))

    def test_a_missing_file(self):
        self.spoiled(os.unlink)

    def test_an_earlier_log_beside_later_tables(self):
        self.r.rebuild()
        old = self.r.path('old')
        shutil.copytree(self.r.dir, old)
        before = self.r.digest()
        self.take(SECOND)
        with sqlite3.connect(f'file:{self.r.dir}/register.db?mode=ro', uri=True) as db:
            name = bytes(db.execute("SELECT value FROM meta WHERE name = CAST('derived_file' AS BLOB)").fetchone()[0]).decode()
        shutil.rmtree(self.r.dir + '/log')
        for path in [n for n in os.listdir(self.r.dir) if n.startswith(('register.db', 'index.snap'))]:
            os.unlink(os.path.join(self.r.dir, path))
        for path in [n for n in os.listdir(old) if n.startswith(('register.db', 'index.snap', 'log'))]:
            (shutil.copytree if os.path.isdir(f'{old}/{path}') else shutil.copy)(f'{old}/{path}', f'{self.r.dir}/{path}')
        with sqlite3.connect(f'{self.r.dir}/register.db') as db:
            self.assertEqual(bytes(db.execute("SELECT value FROM meta WHERE name = CAST('derived_file' AS BLOB)").fetchone()[0]).decode(), name)
        self.assertEqual(self.r.rebuild(), before)
        self.assertEqual(self.r.digest(), before)
        self.assertEqual(self.r.run('verify', '--derived').code, 0)


if tool.SERVER:  # PostgreSQL has no such file
    del Mended

if __name__ == '__main__':
    tool.main()
