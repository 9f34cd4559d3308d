#!/usr/bin/env python3
"""The PostgreSQL server is killed at random moments under an import, and comes back: what was reported as committed is there, the
import goes on by itself, and ends where one ends that met no fault. The same when a synchronous standby takes over.

KILLS=n says how many (10 unless given), ROWS=n how long the table is, SEED=n which random times."""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import postgres  # noqa: E402
import tool  # noqa: E402
from kill_import import start, watch  # noqa: E402

KILLS = int(os.environ.get('KILLS', '10'))
ROWS = int(os.environ.get('ROWS', '8000'))
SEED = int(os.environ.get('SEED', '1'))
MAP = os.path.join(tool.MAPS, 'sample.json')


class Base(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(SEED)
        self.top = tempfile.mkdtemp(prefix='athar-test-')
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.table = tool.sample(ROWS, 7, os.path.join(self.top, 'sample.csv'))

    def init(self, name, url):
        folder = os.path.join(self.top, name)
        a = tool.athar('init', '--data', folder, '--db', url)
        self.assertEqual(a.code, 0, a)
        return folder

    def take(self, folder):
        a = tool.athar('import', '--data', folder, '--map', MAP, self.table, '--json', timeout=600)
        self.assertEqual(a.code, 0, a)
        return a.json()

    def digests(self, folder):
        """As the tables are; a rebuild comes to the same."""
        now = tool.read_digest(tool.athar('rebuild', '--data', folder, '--digest'))
        self.assertEqual(tool.read_digest(tool.athar('rebuild', '--data', folder)), now)
        return now

    def records(self, url):
        return int(postgres.sql(url, 'SELECT count(*) FROM record'))

    def whole(self, folder, url, expected):
        """Every row once, and dense positions."""
        again = self.take(folder)
        self.assertEqual((again['rows'], again['added'], again['changed'], again['log_size']), (ROWS, 0, 0, expected['log_size']), again)
        self.assertEqual(postgres.sql(url, 'SELECT min(position), max(position), count(*) FROM record'),
                         f"0|{expected['log_size'] - 1}|{expected['log_size']}")
        self.assertEqual(self.digests(folder)['claim'][0], expected['added'])


class Killed(Base):
    def test_kills_of_the_server_lose_nothing(self):
        kills = number = 0
        with postgres.Cluster(fsync='on', synchronous_commit='on') as c:
            begun = time.monotonic()
            postgres.sql(c.url(), 'CREATE DATABASE calm')
            expected = self.take(self.init('calm', c.url('calm')))
            seconds = time.monotonic() - begun
            while kills < KILLS:
                number += 1
                self.assertLess(number, 5 * KILLS + 20, 'the import always ended before the server was killed')
                name = f'r{number}'
                postgres.sql(c.url(), f'CREATE DATABASE {name}')
                folder = self.init(name, c.url(name))
                kills += self.kill_under(c, folder, c.url(name), seconds)
                self.whole(folder, c.url(name), expected)
                postgres.sql(c.url(), f'DROP DATABASE {name} WITH (FORCE)')
        print(f'{kills} kills of the server under {number} imports of {ROWS} rows', file=sys.stderr)

    def kill_under(self, c, folder, url, seconds):
        """One import, the server killed up to three times under it. How often it was."""
        p, main = start(folder, self.table)
        kills = 0
        for _ in range(self.random.choice((1, 2, 3))):
            reported = watch(p, main, time.monotonic() + self.random.uniform(0, seconds))
            if p.poll() is not None:
                break
            c.kill()
            kills += 1
            time.sleep(self.random.uniform(0, 0.3))
            c.start()
            self.assertGreaterEqual(self.records(url), reported, 'rows reported as committed are missing')
        watch(p, main, time.monotonic() + 120)
        out = p.communicate(timeout=60)[0]
        os.close(main)
        self.assertEqual(p.returncode, 0, (out, p.said[-1000:]))
        return kills


class Full(Base):
    def test_its_disk_is_full(self):
        """A tablespace on a small file system: the import stops with a sentence, what was committed is there, and with room it goes on to the same end."""
        small = os.path.join(self.top, 'small')
        os.mkdir(small)
        os.chmod(self.top, 0o755)
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', small], stderr=subprocess.DEVNULL).returncode:
            print("no file system of our own here: the server's full disk was not tried", file=sys.stderr)
            return
        try:
            with postgres.Cluster(fsync='off') as c:
                space = os.path.join(small, 'space')
                os.mkdir(space, 0o700)
                if postgres.as_whom():
                    os.chown(space, postgres.as_whom()['user'], postgres.as_whom()['group'])
                postgres.sql(c.url(), f"CREATE TABLESPACE small LOCATION '{space}'", 'CREATE DATABASE narrow TABLESPACE small', 'CREATE DATABASE calm')
                expected, folder = self.take(self.init('calm', c.url('calm'))), self.init('narrow', c.url('narrow'))
                a = tool.athar('import', '--data', folder, '--map', MAP, self.table)
                self.assertEqual(a.code, 1, a)
                self.assertRegex(a.err, r'^athar: The disk is full .*\.\n$')
                self.assertEqual(tool.athar('verify', '--data', folder).code, 0)
                subprocess.run(['mount', '-o', 'remount,size=400m', small], check=True)
                self.take(folder)
                self.whole(folder, c.url('narrow'), expected)
                self.assertEqual(tool.athar('verify', '--data', folder, '--derived').code, 0)
        finally:
            subprocess.run(['umount', '-l', small], check=False)


class Promoted(Base):
    def test_a_synchronous_standby_takes_over(self):
        """The primary dies for good; the directory's connection string names both."""
        for _ in range(max(1, KILLS // 20)):
            with postgres.Cluster(wal_level='replica') as primary:
                postgres.sql(primary.url(), 'CREATE DATABASE r')
                with postgres.Cluster(of=primary) as standby:
                    primary.set(synchronous_standby_names="'*'")
                    primary.tool('pg_ctl', 'reload', '-D', primary.data)
                    self.take_over(primary, standby)

    def take_over(self, primary, standby):
        both = f'postgresql://postgres@/r?host={primary.top},{standby.top}&target_session_attrs=read-write'
        folder = self.init('both', both)
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        while postgres.sql(primary.url(), "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'") != 'sync':
            time.sleep(0.05)
        p, main = start(folder, self.table)
        reported = watch(p, main, time.monotonic() + self.random.uniform(0.3, 1.5))
        primary.kill()
        standby.promote()
        self.assertGreaterEqual(self.records(standby.url('r')), reported, 'rows reported as committed are missing')
        postgres.sql(standby.url('r'), 'SELECT 1')
        watch(p, main, time.monotonic() + 120)
        out = p.communicate(timeout=60)[0]
        os.close(main)
        self.assertEqual(p.returncode, 0, (out, p.said[-1000:]))
        self.assertEqual(tool.read_digest(tool.athar('rebuild', '--data', folder))['claim'][0], json.loads(out)['added'])
        shutil.rmtree(folder)


if __name__ == '__main__':
    tool.main()
