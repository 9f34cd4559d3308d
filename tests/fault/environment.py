#!/usr/bin/env python3
"""The machine fails: disk full, clock set back, register in use. A clear sentence, exit 1, and nothing of the register lost."""
import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

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


NOBODY = 65534


def as_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def health(url):
    with urllib.request.urlopen(url + '/api/v1/health', timeout=20) as a:
        return json.load(a)


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

    def test_a_database_not_to_be_written(self):
        """Read once while it was of mode 0400, SQLite's files beside it are of that mode too: with the mode put back writing goes on; what belongs to
        somebody else is named."""
        r = self.copy()
        db = os.path.join(r.dir, 'register.db')
        if os.getuid() == 0:  # root may write whatever its mode is
            if subprocess.run([tool.ATHAR, '--help'], preexec_fn=as_nobody, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
                print('another user cannot run the program here: modes were not tried', file=sys.stderr)
                return
            os.chown(r.top, NOBODY, NOBODY)
            for top, _, names in os.walk(r.dir):
                for path in (top, *(os.path.join(top, n) for n in names)):
                    os.chown(path, NOBODY, NOBODY)
        user = dict(before=as_nobody) if os.getuid() == 0 else {}
        for tail in ('-wal', '-shm'):
            if os.path.exists(db + tail):
                os.unlink(db + tail)
        os.chmod(db, 0o400)
        self.assertEqual(r.run('search', 'ABE573528', **user).code, 0)
        a = r.run('import', '--map', EVENTS_MAP, tool.EVENTS, **user)
        self.refused(a, 'register.db', 'chmod')
        self.assertNotIn('-shm', a.err)
        os.chmod(db, 0o600)
        if not os.path.exists(db + '-shm'):  # left by who read it then
            open(db + '-shm', 'wb').close()
            os.chown(db + '-shm', os.stat(db).st_uid, -1)
        os.chmod(db + '-shm', 0o400)
        self.assertEqual(r.run('import', '--map', EVENTS_MAP, tool.EVENTS, **user).code, 0)
        if os.getuid() == 0:
            open(db + '-wal', 'ab').close()
            os.chown(db + '-wal', 0, 0)
            os.chmod(db + '-wal', 0o600)
            self.refused(r.run('import', '--map', EVENTS_MAP, tool.EVENTS, **user), 'register.db-wal', 'chown')
            os.unlink(db + '-wal')
            self.assertEqual(r.run('import', '--map', EVENTS_MAP, tool.EVENTS, **user).code, 0)

    def test_health_says_what_works(self):
        """On a full disk searches go on; a monitor reads that writes do not, and why, and after room is made that they do."""
        under = tool.Register()
        self.addCleanup(under.__exit__)
        os.mkdir(under.dir)
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', under.dir], stderr=subprocess.DEVNULL).returncode:
            print('no file system of our own here: health on a full disk was not tried', file=sys.stderr)
            return
        try:
            r = self.copy(under.dir)
            with tool.Served(r) as url:
                self.assertEqual([health(url)[n] for n in ('status', 'reads', 'writes')], ['ok', 'ok', 'ok'])
                with open(os.path.join(under.dir, 'filler'), 'wb', buffering=0) as f:
                    with contextlib.suppress(OSError):
                        while f.write(bytes(4096)):
                            pass
                self.assertEqual(self.until(url, 'failing')['reason'], 'no_room')
                self.assertEqual(health(url)['status'], 'ok')
                os.unlink(os.path.join(under.dir, 'filler'))
                self.assertNotIn('reason', self.until(url, 'ok'))
        finally:
            subprocess.run(['umount', '-l', under.dir], check=False)

    def test_a_key_folder_that_goes_away(self):
        """Its disk is not lost keys: what to do is mounting it. A server goes on when it is back; while it may only be read health says that writes fail."""
        r = tool.Register()
        self.addCleanup(r.__exit__)
        folder, away = r.path('keys'), r.path('away')
        self.assertEqual(tool.athar(*tool.init_words(r.dir), '--keys', folder).code, 0)
        self.assertEqual(r.take(EVENTS_MAP, tool.EVENTS).code, 0)
        with tool.Served(r) as url:
            self.assertEqual(health(url)['writes'], 'ok')
            os.rename(folder, away)
            with self.assertRaises(urllib.error.HTTPError) as got:
                health(url)
            said = got.exception.read().decode()
            self.assertEqual((got.exception.code, json.loads(said)['type']), (500, '/problems/err.io'))
            self.assertNotIn(r.top, said)
            for words in (('search', 'ABE573528'), ('import', '--map', EVENTS_MAP, tool.EVENTS), ('rebuild',)):
                self.refused(r.run(*words), 'keys/keystore', 'mount')
            os.rename(away, folder)
            self.assertEqual(health(url)['writes'], 'ok')
            self.assertEqual(r.run('import', '--map', EVENTS_MAP, tool.EVENTS).code, 0)

    def test_who_asks_for_health_learns_no_path(self):
        r = self.copy()
        head = os.path.join(r.dir, 'keystore', 'head')
        with open(head, 'rb') as f:
            whole = f.read()
        with tool.Served(r) as url:
            with open(head, 'wb') as f:
                f.write(b'not a head')
            with self.assertRaises(urllib.error.HTTPError) as got:
                health(url)
            said = got.exception.read().decode()
            self.assertEqual((got.exception.code, json.loads(said)['type']), (500, '/problems/err.damaged'))
            self.assertNotIn(r.dir, said)
            self.assertNotIn('keystore/head', said)
            with open(head, 'wb') as f:
                f.write(whole)
            self.assertEqual(health(url)['writes'], 'ok')

    def until(self, url, writes):
        for _ in range(200):
            now = health(url)
            if now['writes'] == writes:
                return now
            time.sleep(0.1)
        raise AssertionError(now)

    def test_rebuild_on_a_full_disk(self):
        """The tables stay those that they were, and searches go on; where there are none any more the records are whole, and with room they are made."""
        under = tool.Register()
        self.addCleanup(under.__exit__)
        os.mkdir(under.dir)
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=400m', 'tmpfs', under.dir], stderr=subprocess.DEVNULL).returncode:
            print('no file system of our own here: a rebuild on a full disk was not tried', file=sys.stderr)
            return
        room = lambda kib: subprocess.run(['mount', '-o', f'remount,size={kib}k', under.dir], check=True)
        used = lambda: int(subprocess.run(['du', '-sk', under.dir], check=True, capture_output=True, text=True).stdout.split()[0])
        try:
            r = self.copy(under.dir)
            self.assertEqual(r.take(SAMPLE_MAP, self.sample).code, 0)
            before, there = r.digest(), sorted(os.listdir(r.dir))
            for more in (0, 100, 3000):
                room(used() + more)
                self.refused(r.run('rebuild'), 'full', 'derived-')
                self.assertEqual((r.digest(), sorted(os.listdir(r.dir))), (before, there))
                self.assertEqual(r.run('search', 'ABE573528').code, 0)
            room(400 << 10)
            for name in there:
                if name.startswith('derived-') or name == 'index.snap':
                    os.unlink(os.path.join(r.dir, name))
            room(used() + 500)
            self.refused(r.run('search', 'ABE573528'), 'athar rebuild')
            for words in (('rebuild',), ('import', '--map', SAMPLE_MAP, self.sample)):
                self.refused(r.run(*words), 'full')
            self.assertEqual(r.run('verify').code, 0)
            room(400 << 10)
            self.assertEqual(r.rebuild(), before)
        finally:
            subprocess.run(['umount', '-l', under.dir], check=False)

    def test_clock_set_back(self):
        a = self.base.take(SAMPLE_MAP, self.sample, env={'LD_PRELOAD': faketime(), 'FAKETIME': '2020-01-01 00:00:00'})
        self.refused(a, 'clock', '2020')
        self.assertEqual(self.base.digest(), self.before)
        self.assertEqual(self.base.run('search', 'ABE573528', env={'LD_PRELOAD': faketime(), 'FAKETIME': '2020-01-01 00:00:00'}).code, 0)

    def test_a_clock_that_was_ahead(self):
        """A year ahead for an hour: what was recorded then stays; nothing more is until a record says that the clock was wrong. The log goes on from there, and
        whoever verifies it is told the place."""
        r = self.copy()
        ahead = {'env': {'LD_PRELOAD': faketime(), 'FAKETIME': '+365d'}}
        table = tool.sample(50, 12, r.path('few.csv'))
        self.refused(r.run('clock', '--reason', 'none'), 'nothing to correct')
        self.assertEqual(r.take(SAMPLE_MAP, table, **ahead).code, 0)
        self.refused(r.take(SAMPLE_MAP, self.sample), 'clock', ' < 20', 'athar clock')
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        told.bind(r.path('notify'))
        told.settimeout(20)
        with told, tool.Served(r, env={'NOTIFY_SOCKET': r.path('notify'), 'WATCHDOG_USEC': '900000'}) as url:
            self.assertEqual([health(url)[n] for n in ('reads', 'writes', 'reason')], ['ok', 'failing', 'clock'])
            while b'WATCHDOG=1' not in (said := told.recv(4096)):
                pass
            self.assertIn(b'nothing can be recorded (clock)', said)
            a = r.run('clock', '--reason', 'the battery of the board; found by the doctor')
            self.assertEqual(a.code, 0, a)
            self.assertAlmostEqual(a.json()['behind'], 365 * 86400, delta=600)
            self.assertEqual(health(url)['writes'], 'ok')
            with urllib.request.urlopen(url + '/api/v1/records/' + a.json()['record'], timeout=20) as shown:
                self.assertEqual(json.load(shown)['kind'], 'clock_corrected')
        self.refused(r.run('clock', '--reason', 'again'), 'nothing to correct')
        self.assertEqual(r.take(SAMPLE_MAP, self.sample).code, 0)
        self.assertEqual(r.run('verify').code, 0)
        a = r.run('verify', '--derived', '--json')
        self.assertEqual((a.code, a.json()['wrong'], [x['what'] for x in a.json()['found']]), (0, 0, ['verify.clock_corrected']), a)
        self.assertRegex(a.json()['found'][0]['where'], r'^20\d\d-[-T:.\d]+Z < 20\d\d-[-T:.\d]+Z$')
        self.assertEqual(r.rebuild(), r.digest())
        self.assertEqual(r.run('receipt', a.json()['found'][0]['position']).code, 0)

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
