#!/usr/bin/env python3
"""An import killed at any moment loses no committed row: SIGKILL at random times, through reading, committing, deriving and
writing the index, then looked at, resumed, rebuilt.

KILLS=n says how many (10 unless given), ROWS=n how long the table is, SEED=n which random times."""
import os
import pty
import random
import re
import select
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import tool  # noqa: E402

KILLS = int(os.environ.get('KILLS', '10'))
ROWS = int(os.environ.get('ROWS', '20000'))
SEED = int(os.environ.get('SEED', '1'))
MAP = os.path.join(tool.MAPS, 'sample.json')
SAME_EVERYWHERE = ('claim', 'external', 'permit')  # the other tables hold record ids, or break a tie by them; ids are random


def start(folder, table):
    """An import whose standard error is a terminal, so that it reports the rows it has committed."""
    main, end = pty.openpty()
    p = subprocess.Popen([tool.ATHAR, 'import', '--data', folder, '--map', MAP, table, '--json'], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=end)
    os.close(end)
    return p, main


def watch(p, main, until):
    """Reads reports until the moment comes or the import ends; the rows it last said were committed. p.said: all that it said."""
    seen = ''
    ended = False
    while not ended and time.monotonic() < until:
        ended = p.poll() is not None  # then what is left is read
        while select.select([main], [], [], 0 if ended else 0.005)[0]:
            try:
                seen += os.read(main, 4096).decode('utf-8', 'replace')
            except OSError:  # the other end is closed
                ended = True
                break
    p.said = getattr(p, 'said', '') + seen
    rows = re.findall(r'rows (\d+)', seen)
    return int(rows[-1]) if rows else 0


def derived_files(register):
    return {f for f in os.listdir(register.dir) if re.fullmatch(r'derived-\d+\.db', f)}


def kill_in_renewal(p, register, delay):
    """Kills p so long after a new file of derived tables has appeared; True when it was not done before."""
    before = derived_files(register)
    while p.poll() is None and not derived_files(register) - before:
        time.sleep(0.0002)
    time.sleep(delay)
    p.kill()
    p.communicate()
    return p.returncode == -signal.SIGKILL


def kill_at(register, table, delay):
    """True when it was killed and not done before; the rows it had reported; the seconds that it ran."""
    begun = time.monotonic()
    p, main = start(register.dir, table)
    reported = watch(p, main, begun + delay)
    ran = time.monotonic() - begun
    p.send_signal(signal.SIGKILL)
    p.communicate()
    os.close(main)
    return p.returncode == -signal.SIGKILL, reported, ran


class Killed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.random = random.Random(SEED)
        cls.whole = tool.Register().__enter__()
        cls.table = tool.sample(ROWS, 7, cls.whole.path('sample.csv'))
        cls.empty = cls.whole.path('empty')  # the same keys for all, so that claims and subjects are comparable
        tool.copy_register(cls.whole.dir, cls.empty)
        begun = time.monotonic()
        cls.counts = cls.whole.take(MAP, cls.table).json()
        cls.seconds = time.monotonic() - begun
        cls.expected = cls.whole.digest()

    @classmethod
    def tearDownClass(cls):
        cls.whole.__exit__()

    def fresh(self):
        r = tool.Register()
        tool.copy_register(self.empty, r.dir)
        return r

    def finish(self, r, least):
        """Resumed to its end, it holds exactly what an import that nobody killed holds."""
        a = r.take(MAP, self.table)
        self.assertEqual(a.code, 0, a)
        c = a.json()
        self.assertEqual((c['rows'], c['rejected'], c['changed']), (ROWS, self.counts['rejected'], 0), c)
        self.assertEqual(c['added'] + c['unchanged'], self.counts['added'], c)
        self.assertGreaterEqual(c['unchanged'], least, 'rows reported as committed are missing')
        self.assertEqual(c['log_size'], self.counts['log_size'], 'records were lost or written twice')
        verified = r.run('verify', '--json')  # the public log, too: no tile torn, none missing, all records signed for
        self.assertEqual((verified.code, verified.json()['size']), (0, c['log_size']), verified)
        again = r.take(MAP, self.table)
        self.assertEqual(again.code, 0, again)
        again = again.json()
        self.assertEqual((again['added'], again['changed'], again['records']), (0, 0, 0), again)
        digest = r.digest()
        for table, (rows, _) in self.expected.items():
            self.assertEqual(digest[table][0], rows, table)
        for table in SAME_EVERYWHERE:
            self.assertEqual(digest[table], self.expected[table], table)
        self.assertEqual(r.rebuild(), digest, 'rebuild differs from what was derived step by step')

    def test_kills_lose_nothing(self):
        kills = tries = 0
        while kills < KILLS:
            r, least, in_a_row, resumed = self.fresh(), 0, self.random.choice((1, 1, 2, 3)), False
            try:
                while in_a_row and kills < KILLS and tries < 5 * KILLS + 20:
                    tries += 1
                    hit, reported, ran = kill_at(r, self.table, self.random.uniform(0, self.seconds * 1.05))
                    if not hit and not resumed:  # the moments follow the speed of the machine, which others may take or leave
                        self.seconds = ran
                    resumed = True
                    kills, in_a_row, least = kills + hit, in_a_row - 1, max(least, reported)
                    if hit and self.random.random() < 0.4:
                        rebuilt = r.rebuild()
                        self.assertEqual(r.digest(), rebuilt)
                        self.assertGreaterEqual(rebuilt['claim'][0], least, 'rows reported as committed are missing')
                self.finish(r, least)
            finally:
                r.__exit__()
            self.assertLess(tries, 5 * KILLS + 20, 'the import always ended before it was killed')
        print(f'{kills} kills in {tries} imports of {ROWS} rows', file=sys.stderr)

    def test_killed_rebuild_changes_nothing(self):
        r = self.fresh()
        try:
            r.take(MAP, self.table)
            before = r.digest()
            for _ in range(max(2, KILLS // 5)):
                p = subprocess.Popen([tool.ATHAR, 'rebuild', '--data', r.dir], stdout=subprocess.DEVNULL)
                time.sleep(self.random.uniform(0, self.seconds))
                p.kill()
                p.wait()
                self.assertEqual(r.digest(), before)
            self.assertEqual(r.rebuild(), before)
        finally:
            r.__exit__()

    def test_kills_while_whole_tables_are_made_anew(self):
        """The file of derived tables that is being written counts for nothing until it is named; then the one before it does not."""
        hits = 0
        for i in range(max(4, KILLS // 2)):
            r, delay = self.fresh(), self.random.choice((0, 0.01, 0.05, 0.1, 0.2)) * self.random.random()
            try:
                take = ['import', '--data', r.dir, '--map', MAP, self.table]
                hits += kill_in_renewal(subprocess.Popen([tool.ATHAR, *take], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL), r, delay)
                self.assertEqual(r.run('search', 'ABE573528').code, 0)
                if i % 2:
                    self.assertEqual(r.take(MAP, self.table).code, 0)
                    before = r.digest()
                    hits += kill_in_renewal(subprocess.Popen([tool.ATHAR, 'rebuild', '--data', r.dir], stdout=subprocess.PIPE), r, delay)
                    self.assertEqual(r.digest(), before)
                self.finish(r, ROWS - self.counts['rejected'])
                self.assertEqual(len(derived_files(r)), 1, 'files of derived tables that nobody names were left')
            finally:
                r.__exit__()
        self.assertGreater(hits, 0, 'nothing was killed')

    def test_killed_init_leaves_nothing_half_made(self):
        for _ in range(max(3, KILLS // 3)):
            r = tool.Register()
            words = tool.init_words(r.dir)
            p = subprocess.Popen([tool.ATHAR, *words], stdout=subprocess.DEVNULL)
            time.sleep(self.random.uniform(0, 0.1 if tool.SERVER else 0.03))
            p.kill()
            p.wait()
            if r.run('rebuild', '--digest').code:
                a = tool.athar(*words)
                self.assertEqual(a.code, 0, a)
            self.assertEqual(r.take(os.path.join(tool.MAPS, 'crime-gun-events.json'), tool.EVENTS).json()['rows'], 635)
            r.__exit__()


if 'ATHAR_TEST_DB' in os.environ:  # PostgreSQL has its tables elsewhere: there is no file that a kill could leave half written
    del Killed.test_kills_while_whole_tables_are_made_anew

if __name__ == '__main__':
    tool.main()
