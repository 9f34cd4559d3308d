#!/usr/bin/env python3
"""The machine fails: disk full, clock set back, register in use. A clear sentence, exit 1, and nothing of the register lost."""
import os
import resource
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import tool  # noqa: E402

EVENTS_MAP = os.path.join(tool.MAPS, 'crime-gun-events.json')
SAMPLE_MAP = os.path.join(tool.MAPS, 'sample.json')
ROWS = 20000


def limit(size):
    """Files of this process cannot grow past `size` bytes: what a full disk is to a writer. Needs no privilege."""
    def before():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return before


class Environment(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.base = tool.Register().__enter__()
        assert cls.base.take(EVENTS_MAP, tool.EVENTS).code == 0
        cls.sample = tool.sample(ROWS, 11, cls.base.path('sample.csv'))
        cls.before = cls.base.digest()

    @classmethod
    def tearDownClass(cls):
        cls.base.__exit__()

    def copy(self, under=None):
        r = tool.Register(under)
        tool.copy_register(self.base.dir, r.dir)
        self.addCleanup(r.__exit__)
        return r

    def refused(self, a, *words):
        self.assertEqual(a.code, 1, a)
        self.assertRegex(a.err.splitlines()[-1], r'^athar: .+\.$')
        self.assertNotRegex(a.err, r'\b(want|err)\.[a-z_]+|ERR_')
        for word in words:
            self.assertIn(word, a.err)

    def recovers(self, r):
        """With room again the same import goes on, and ends where one that met no fault ends."""
        a = r.take(SAMPLE_MAP, self.sample)
        self.assertEqual(a.code, 0, a)
        self.assertEqual(a.json()['added'] + a.json()['unchanged'], ROWS)
        digest = r.digest()
        self.assertEqual(digest['item'][0], self.before['item'][0] + ROWS)
        self.assertEqual(r.rebuild(), digest)

    def test_disk_full_at_any_point(self):
        size = os.path.getsize(os.path.join(self.base.dir, 'register.db'))
        for more in (-size + 4096, 0, 1 << 20, 8 << 20, 24 << 20, 40 << 20):
            r = self.copy()
            a = r.take(SAMPLE_MAP, self.sample, before=limit(max(size + more, 4096)))
            if a.code == 0:  # the room was enough
                continue
            self.refused(a, 'full')
            now = r.digest()
            if more <= 1 << 20:  # before the first commit
                self.assertEqual(now, self.before)
            self.assertEqual(r.run('search', 'ABE573528').code, 0)
            self.recovers(r)

    def test_small_file_system_full(self):
        """A real one, where the machine lets us make it."""
        under = tool.Register()
        self.addCleanup(under.__exit__)
        os.mkdir(under.dir)
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', under.dir], stderr=subprocess.DEVNULL).returncode:
            print('no file system of our own here: the limit on file size alone was tried', file=sys.stderr)
            return
        try:
            r = self.copy(under.dir)
            self.refused(r.take(SAMPLE_MAP, self.sample), 'full')
            self.assertEqual(r.run('trace', '3').code, 0)
            subprocess.run(['mount', '-o', 'remount,size=400m', under.dir], check=True)
            self.recovers(r)
        finally:
            subprocess.run(['umount', '-l', under.dir], check=False)

    def test_clock_set_back(self):
        a = self.base.take(SAMPLE_MAP, self.sample, env={'LD_PRELOAD': faketime(), 'FAKETIME': '2020-01-01 00:00:00'})
        self.refused(a, 'clock', '2020')
        self.assertEqual(self.base.digest(), self.before)
        self.assertEqual(self.base.run('search', 'ABE573528', env={'LD_PRELOAD': faketime(), 'FAKETIME': '2020-01-01 00:00:00'}).code, 0)

    def locked_by(self, r):
        try:
            with open(os.path.join(r.dir, 'lock'), encoding='ascii') as f:
                return f.read()
        except FileNotFoundError:
            return ''

    def test_one_writer_at_a_time(self):
        r = self.copy()
        read, write = os.pipe()
        p = subprocess.Popen([tool.ATHAR, 'import', '--data', r.dir, '--map', EVENTS_MAP, '-'], stdin=read,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # waits for its table
        os.close(read)
        try:
            while self.locked_by(r) != f'process {p.pid}':
                time.sleep(0.01)
            self.refused(r.take(EVENTS_MAP, tool.EVENTS), f'process {p.pid}')
            self.refused(r.run('rebuild'), f'process {p.pid}')
            self.assertEqual(r.run('trace', '3').code, 0)
        finally:
            os.close(write)
            p.wait()
        self.assertEqual(r.digest(), self.before)

    def test_not_ours_to_write(self):
        if os.geteuid() == 0:
            return  # root may write everywhere
        r = self.copy()
        os.chmod(r.dir, 0o500)
        self.refused(r.take(SAMPLE_MAP, self.sample))
        os.chmod(r.dir, 0o700)


def faketime():
    for folder in ('/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib'):
        path = os.path.join(folder, 'faketime', 'libfaketime.so.1')
        if os.path.exists(path):
            return path
    raise FileNotFoundError('libfaketime')


if __name__ == '__main__':
    tool.main()
