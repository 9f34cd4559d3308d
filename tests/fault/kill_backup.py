#!/usr/bin/env python3
"""A backup killed at any moment is the earlier one or the later one, whole; a restore killed at any moment has changed nothing, or is done.
KILLS=n says how many (10 unless given), SEED=n which random times."""
import json
import os
import random
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import tool  # noqa: E402

KILLS = int(os.environ.get('KILLS', '10'))
SEED = int(os.environ.get('SEED', '1'))
MAP = os.path.join(tool.MAPS, 'sample.json')


def killed(seconds, *words):
    """Runs athar for so long; what it printed if it was done before, else None."""
    p = subprocess.Popen([tool.ATHAR, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        out, _ = p.communicate(timeout=seconds)
        return out
    except subprocess.TimeoutExpired:
        p.kill()
        p.communicate()
        return None


class Killed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.random = random.Random(SEED)
        cls.r = tool.Register().__enter__()
        cls.target, cls.keys, cls.new = cls.r.path('target'), cls.r.path('keys'), cls.r.path('new')
        cls.tables = [tool.sample(4000, seed, cls.r.path(f'{seed}.csv')) for seed in (1, 2)]
        assert cls.r.take(MAP, cls.tables[0]).code == 0

    @classmethod
    def tearDownClass(cls):
        cls.r.__exit__()

    def check(self):
        a = tool.athar('restore', self.target, '--data', self.new, '--check')
        self.assertEqual(a.code, 0, a)

    def test_a_backup(self):
        words = ['backup', '--data', self.r.dir, '--keys', self.keys, '--days', '30', '--json', self.target]
        begun, least, hits = time.monotonic(), 0, 0
        first = json.loads(tool.athar(*words[:-1], self.r.path('measured')).out)
        seconds = time.monotonic() - begun
        p = None
        for i in range(20 * KILLS):
            if hits >= KILLS:
                break
            out = killed(self.random.uniform(0, 1.1 * seconds), *words)
            hits += out is None
            if out:
                size = json.loads(out)['size']
                self.assertGreaterEqual(size, least)
                least = size
            if os.path.exists(self.target + '/backup'):
                self.check()
            if hits == KILLS // 2 and not p:  # the second half beside an import
                p = subprocess.Popen([tool.ATHAR, 'import', '--data', self.r.dir, '--map', MAP, self.tables[1]], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
        self.assertGreaterEqual(hits, KILLS)
        self.assertEqual(p.wait(), 0)
        last = json.loads(tool.athar(*words).out)
        self.assertGreater(last['size'], first['size'])
        self.assertEqual(last['waiting'], 0)
        self.check()
        self.restored(seconds)

    def restored(self, seconds):
        words = ['restore', self.target, '--data', self.new, '--keys', self.keys, '--master', self.r.dir + '/keystore/master']
        if tool.SERVER:
            words += ['--db', tool.new_database()]
        for _ in range(max(3, KILLS // 3)):
            if killed(self.random.uniform(0, 6 * seconds), *words) is not None:
                break
            self.assertFalse(os.path.exists(self.new), 'a restore that was killed has put something in place')
        if not os.path.exists(self.new):
            a = tool.athar(*words)
            self.assertEqual(a.code, 0, a)
        self.assertEqual(tool.read_digest(tool.athar('rebuild', '--digest', '--data', self.new)), self.r.digest())
        self.assertEqual(tool.athar('verify', '--data', self.new).code, 0)

    def test_a_backup_on_a_full_disk(self):
        """Limits of file size stand for it: said, and the earlier backup is whole."""
        import resource
        target = self.r.path('small')
        self.assertEqual(self.r.run('backup', target).code, 0)
        before = tool.athar('restore', target, '--data', self.new + '2', '--check').out
        for limit in (100, 20000, 60000):
            a = self.r.run('backup', '--anew', target, before=lambda n=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (n, n)))
            self.assertEqual(a.code, 1, a)
            if limit > 32768:  # below, a reader of the register cannot make his -shm: the source is what is full
                self.assertRegex(a.err, r'full \([^)]*/small/', 'the target is named')
            self.assertEqual(tool.athar('restore', target, '--data', self.new + '2', '--check').out, before)

    def test_a_target_that_is_full(self):
        """A small file system of its own, at sizes that fill in the log, in the copy of the accounts and beside them: named is the target, never what is saved."""
        target = self.r.path('stick')
        os.mkdir(target)
        accounts = self.r.run('account', 'add', 'ada', '--role', 'auditor', '--password-stdin', stdin=b'a sentence nobody guesses\n')
        self.assertEqual(accounts.code, 0, accounts)
        full = 0
        for size in (64, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 2048):
            if subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}k', 'tmpfs', target], stderr=subprocess.DEVNULL).returncode:
                print('no file system of our own here: the limit on file size alone was tried', file=sys.stderr)
                return
            try:
                a = self.r.run('backup', target + '/it')
                if a.code:
                    full += 1
                    self.assertRegex(a.err, r'full \([^)]*/stick/it', size)
            finally:
                subprocess.run(['umount', '-l', target], check=False)
        self.assertGreater(full, 4)


if __name__ == '__main__':
    tool.main()
