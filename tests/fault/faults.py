#!/usr/bin/env python3
"""A disk that fails at any change of a file: killed there, killed with a tail of unsynced writes lost, full, or a sync that fails.
What was acknowledged is there, nothing is half written, and the same command goes on. faulty_disk.c stands between athar and the disk.

KILLS=n says how many kills (10 unless given); a tenth as many, and at least four, of each of the other faults. SEED=n which moments."""
import json
import os
import random
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import tool  # noqa: E402

KILLS = int(os.environ.get('KILLS', '10'))
SEED = int(os.environ.get('SEED', '1'))
MAP = os.path.join(tool.MAPS, 'sample.json')
SHIM = os.path.join(os.path.dirname(tool.ATHAR), 'faulty_disk.so')
ROWS = 40       # of one import
LIVES = 12      # faults that one register meets before it is looked at as a whole


class Survivor:
    """A register that meets one fault after the other, and what it has acknowledged."""

    def __init__(self, test, table):
        self.test, self.lines = test, table
        self.register = tool.Register().__enter__()
        self.keep = self.register.path('kept')
        os.mkdir(self.keep)
        self.rows = self.size = self.tables = 0
        self.logins = set()

    def run(self, words, fault):
        env = {'LD_PRELOAD': SHIM, 'FAULT': fault, 'FAULT_KEEP': self.keep, 'FAULT_SEED': str(self.test.random.randrange(1 << 30)),
               'FAULT_COUNT': self.register.path('count')}
        return self.register.run(*words, env=env)

    def counted(self):
        with open(self.register.path('count'), encoding='ascii') as f:
            return [int(n) for n in f.read().split()]

    def table(self):
        self.tables += 1
        first = 1 + (self.tables - 1) * ROWS
        return self.register.write(f'{self.tables}.csv', ''.join([self.lines[0], *self.lines[first:first + ROWS]]))

    def acknowledge(self, counts):
        self.rows += ROWS
        self.size = counts['log_size']

    def whole(self, words, a):
        """After a fault: the log proves itself from its bytes and holds all that was acknowledged; accounts too."""
        v = self.register.run('verify', '--json')
        self.test.assertEqual(v.code, 0, (words, a, v))
        self.test.assertGreaterEqual(v.json()['size'], self.size, 'acknowledged records are missing')
        listed = self.register.run('account', 'list', '--json')
        self.test.assertEqual(listed.code, 0, (words, a, listed))
        for login in self.logins:
            self.test.assertIn(f'"{login}"', listed.out, 'an acknowledged account is missing')

    def import_under(self, fault):
        words = ('import', '--map', MAP, self.table(), '--json')
        a = self.run(words, fault)
        self.whole(words, a)
        if a.code == 0:
            self.acknowledge(a.json())
            return a
        again = self.register.run(*words)
        self.test.assertEqual(again.code, 0, (fault, a, again))
        c = again.json()
        self.test.assertEqual((c['rows'], c['rejected'], c['added'] + c['unchanged']), (ROWS, 0, ROWS), c)
        self.acknowledge(c)
        return a

    def account_under(self, fault):
        login = f'officer{self.tables}x{len(self.logins)}'
        words = ('account', 'add', login, '--role', 'analyst')
        a = self.run(words, fault)
        self.whole(words, a)
        if a.code:
            again = self.register.run(*words)  # it may have been recorded, and not been said
            self.test.assertIn(again.code, (0, 1), (fault, a, again))
            if again.code:
                self.test.assertIn(f'"{login}"', self.register.run('account', 'list', '--json').out, (fault, a, again))
        self.logins.add(login)
        self.size = max(self.size, self.register.run('verify', '--json').json()['size'])
        return a

    def rebuild_under(self, fault):
        before = self.register.digest()
        a = self.run(('rebuild',), fault)
        self.whole(('rebuild',), a)
        if a.code:
            self.test.assertEqual(self.register.rebuild(), before, (fault, a))
        return a

    def end(self):
        """All rows once, and derived step by step as from nothing."""
        digest = self.register.digest()
        self.test.assertEqual(digest['claim'][0], self.rows)
        self.test.assertEqual(self.register.rebuild(), digest)
        self.test.assertEqual(self.register.run('verify', '--derived').code, 0)
        self.register.__exit__()


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.random = random.Random(SEED)
        with tool.Register() as r:
            with open(tool.sample(ROWS * LIVES, 7, r.path('sample.csv')), encoding='utf-8') as f:
                cls.lines = f.readlines()

    def survive(self, modes, wanted, most_of):
        """Faults of these modes until so many have struck; `most_of` says which count the moment is drawn from."""
        struck = tries = 0
        left = {}
        while struck < wanted:
            s = Survivor(self, self.lines)
            acts = [s.import_under, s.import_under, s.account_under, s.rebuild_under]
            most = {}
            for _ in range(LIVES):
                act = self.random.choice(acts) if s.tables else s.import_under
                if act == s.import_under and s.tables >= LIVES:
                    break
                mode, high = self.random.choice(modes), most.get(act, (200, 40))[most_of]
                a = act(f'{mode}:{self.random.randint(1, high)}')
                tries += 1
                struck += a.code != 0
                left[a.code] = left.get(a.code, 0) + 1
                if a.code == 0:
                    most[act] = s.counted()
                yield a
            s.end()
            self.assertLess(tries, 5 * wanted + 50, 'faults do not strike')
        print(f'{struck} of {tries} struck: {"/".join(modes)}, exits {json.dumps(left)}', file=sys.stderr)

    def test_killed_at_any_write(self):
        for a in self.survive(('kill', 'lose'), KILLS, 0):
            self.assertIn(a.code, (0, -signal.SIGKILL), a)

    def test_full_at_any_write(self):
        for a in self.survive(('full',), max(4, KILLS // 10), 0):
            self.assertIn(a.code, (0, 1), a)
            if a.code:
                self.assertRegex(a.err.splitlines()[-1], r'^athar: .*(full|room|space).*\.$', a)

    def test_a_sync_fails(self):
        for a in self.survive(('sync',), max(4, KILLS // 10), 1):
            self.assertIn(a.code, (0, 1), a)
            if a.code:
                self.assertRegex(a.err.splitlines()[-1], r'^athar: .+\.$', a)


if __name__ == '__main__':
    tool.main()
