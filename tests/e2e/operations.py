#!/usr/bin/env python3
"""What who runs a register meets: earlier and later versions of its tables, the service manager, metrics, logs, the doctor, manual pages."""
import http.client
import json
import os
import re
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import tool  # noqa: E402


class Versions(unittest.TestCase):
    def setUp(self):
        self.r = tool.Register().__enter__()
        self.addCleanup(self.r.__exit__)
        self.assertEqual(self.r.take(os.path.join(tool.MAPS, 'crime-gun-events.json'), tool.EVENTS).code, 0)

    def script(self, name, *statements):
        db = sqlite3.connect(os.path.join(self.r.dir, name))
        for s in statements:
            db.execute(s)
        db.commit()
        db.close()

    def version(self):
        db = sqlite3.connect(f'file:{self.r.dir}/register.db?mode=ro', uri=True)
        value = bytes(db.execute("SELECT value FROM meta WHERE name = CAST('schema' AS BLOB)").fetchone()[0])
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        db.close()
        return value, tables

    def test_an_earlier_one_is_brought_up(self):
        new, before = self.version(), self.r.digest()
        for words in (('search', 'ABE573528'), ('rebuild', '--digest'), ('rebuild',)):
            self.script('register.db', 'DROP TABLE document', "UPDATE meta SET value = CAST('1' AS BLOB) WHERE name = CAST('schema' AS BLOB)")
            saved = self.r.run('backup', self.r.path('target'))
            self.assertEqual((saved.code, self.version()[0]), (0, b'1'), 'a backup takes it as it is')
            self.assertEqual(self.r.run(*words).code, 0, words)
            self.assertEqual(self.version(), new)
        self.assertEqual(self.r.digest(), before)

    def test_a_later_one_is_left_alone(self):
        self.script('register.db', "UPDATE meta SET value = CAST('99' AS BLOB) WHERE name = CAST('schema' AS BLOB)")
        for words in (('search', 'ABE573528'), ('rebuild',), ('serve', '--listen', '127.0.0.1:0'), ('backup', self.r.path('target'))):
            a = self.r.run(*words)
            self.assertEqual(a.code, 1, a)
            self.assertIn('newer program', a.err)
        self.assertEqual(self.version()[0], b'99')

    def test_a_later_one_of_accounts(self):
        add = ('add', 'amal', '--role', 'auditor')
        self.assertEqual(tool.athar('account', *add, '--data', self.r.dir).code, 0)
        self.script('accounts.db', "UPDATE setting SET value = CAST('99' AS BLOB) WHERE name = CAST('schema' AS BLOB)")
        a = tool.athar('account', 'reset', 'amal', '--data', self.r.dir)
        self.assertEqual(a.code, 1, a)
        self.assertIn('newer program', a.err)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def get(url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as a:
            return a.status, a.read().decode(), a.headers
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode(), e.headers


SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[0-9.e+-]+|[+-]Inf|NaN)$')


def samples(text):
    """{(name, labels): value} of the text format 0.0.4, held to its grammar: each family's heading before its samples, no family twice."""
    found, families, family = {}, set(), None
    assert text.endswith('\n')
    for line in text.splitlines():
        if line.startswith('# HELP '):
            family = line.split(' ')[2]
            assert family not in families, family
            families.add(family)
        elif line.startswith('# TYPE '):
            assert line.split(' ')[2] == family and line.split(' ')[3] in ('counter', 'gauge', 'histogram'), line
        else:
            m = SAMPLE.match(line)
            assert m, line
            assert re.sub('_(bucket|sum|count)$', '', m[1]) == family or m[1] == family, line
            assert (m[1], m[2]) not in found, line
            found[m[1], m[2]] = float(m[3])
    return found


class Watched(unittest.TestCase):
    """A server as its manager, Prometheus and the journal see it."""
    SECRET = 'TLB71835'

    @classmethod
    def setUpClass(cls):
        cls.r = tool.Register().__enter__()
        cls.addClassCleanup(cls.r.__exit__)
        assert cls.r.take(os.path.join(tool.MAPS, 'crime-gun-events.json'), tool.EVENTS).code == 0

    def start(self, *words, env=None):
        p = subprocess.Popen([tool.ATHAR, 'serve', '--data', self.r.dir, '--listen', '127.0.0.1:0', *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env={**os.environ, **(env or {})})
        self.addCleanup(p.stdout.close)
        self.addCleanup(p.stderr.close)
        self.addCleanup(p.wait)
        self.addCleanup(p.kill)
        return p, p.stdout.readline().decode().split()[-1].rstrip('/')

    def test_metrics(self):
        port = free_port()
        _, url = self.start('--open', '--metrics', f'127.0.0.1:{port}')
        for path in ('/api/v1/search?pattern=' + self.SECRET, '/api/v1/search?pattern=' + self.SECRET, '/search?pattern=' + self.SECRET, '/nothing/' + self.SECRET):
            get(url + path)
        status, text, headers = get(f'http://127.0.0.1:{port}/metrics')
        self.assertEqual((status, headers['Content-Type']), (200, 'text/plain; version=0.0.4; charset=utf-8'))
        m = samples(text)
        self.assertNotIn(self.SECRET, text)
        self.assertEqual(m['athar_http_requests_total', 'method="GET",route="/api/v1/search",status="200"'], 2)
        self.assertEqual(m['athar_http_request_seconds_count', 'method="GET",route="/api/v1/search"'], 2)
        self.assertEqual(m['athar_http_request_seconds_bucket', 'method="GET",route="/api/v1/search",le="+Inf"'], 2)
        self.assertEqual(m['athar_http_requests_total', 'method="any",route="",status="404"'], 1)
        size = self.r.run('verify', '--json').json()['size']
        self.assertEqual(m['athar_writes_failing', 'reason="none"'], 0)
        for name, value in (('athar_log_records', size), ('athar_derived_records', size), ('athar_checkpoint_records', size), ('athar_index_records', size),
                            ('athar_keystore_locked', 0), ('athar_sign_in_failures_total', 0), ('athar_writer_waiting', 0)):
            self.assertEqual(m[name, None], value, name)
        self.assertGreater(m['athar_index_bytes', None], 0)
        self.assertGreaterEqual(m['athar_checkpoint_age_seconds', None], 0)
        self.assertEqual(get(f'http://127.0.0.1:{port}/')[0], 404)
        self.assertEqual(get(url + '/metrics')[0], 404, 'the pages\' own address has no such path')

    def test_metrics_stay_on_this_computer(self):
        a = self.r.run('serve', '--open', '--listen', '127.0.0.1:0', '--metrics', '0.0.0.0:0')
        self.assertEqual(a.code, 1, a)

    def test_lines_without_persons(self):
        p, url = self.start('--open', '--log', 'json')
        for path in ('/api/v1/search?pattern=' + self.SECRET, '/firearms/0123456789abcdef0123456789abcdef', '/nothing/' + self.SECRET):
            get(url + path)
        p.terminate()
        _, err = p.communicate(timeout=20)
        self.assertNotIn(self.SECRET.encode(), err)
        self.assertNotIn(b'0123456789abcdef0123456789abcdef', err)
        lines = [json.loads(line) for line in err.decode().splitlines()]
        self.assertEqual([(x['route'], x['status']) for x in lines], [('/api/v1/search', 200), ('/firearms/{id}', 404), ('', 404)])
        self.assertEqual(len({x['request'] for x in lines}), 3)
        for x in lines:
            self.assertEqual(set(x), {'method', 'ms', 'request', 'route', 'status', 'time'})
            self.assertGreaterEqual(x['ms'], 0)

    def test_tries_to_sign_in(self):
        """Each is counted; a line says that there was one, how, and by a keyed hash at which name; a flood writes a hundred lines and no more."""
        password = 'three otters carry a lantern'
        for login in ('amal', 'bo'):
            a = tool.athar('account', 'add', login, '--role', 'licensing_officer', '--password-stdin', '--data', self.r.dir, stdin=password.encode())
            self.assertEqual(a.code, 0, a)
        marks = {x['login']: x['login_mark'] for x in tool.athar('account', 'list', '--data', self.r.dir).json()['accounts']}
        port = free_port()
        p, url = self.start('--metrics', f'127.0.0.1:{port}')

        def sign_in(login, secret):
            c = http.client.HTTPConnection(url.split('/')[2], timeout=20)
            self.addCleanup(c.close)
            c.request('POST', '/sign-in', urllib.parse.urlencode({'login': login, 'password': secret}), {'Content-Type': 'application/x-www-form-urlencoded'})
            return c.getresponse().status

        self.assertEqual(sign_in('amal', password), 303)
        self.assertEqual(sign_in('Amal', 'a secret guess, one'), 403)
        self.assertEqual(sign_in('nobody-of-here', 'a secret guess, two'), 403)
        self.assertEqual(sign_in('bo', ''), 400)
        flood = 400
        for i in range(flood):
            self.assertIn(sign_in('bo', 'a secret guess, more'), (403, 429))
        self.assertEqual(get(url + '/api/v1/search?pattern=A', Authorization='Bearer athar_' + 'A' * 43)[0], 401)
        numbers = samples(get(f'http://127.0.0.1:{port}/metrics')[1])
        p.terminate()
        _, err = p.communicate(timeout=20)
        for secret in (b'secret', b'amal', b'Amal', b'nobody-of-here', b'"bo"', b'127.0.0.1'):
            self.assertNotIn(secret, err)
        lines = [json.loads(line) for line in err.decode().splitlines()]
        self.assertTrue(all(x['event'] == 'sign_in' and set(x) - {'login', 'left_out'} == {'event', 'outcome', 'request', 'source', 'time', 'way'} for x in lines), lines[:4])
        self.assertEqual([(x['outcome'], x['login']) for x in lines[:2]], [('proven', marks['amal']), ('wrong', marks['amal'])])
        self.assertNotIn(lines[2]['login'], marks.values())
        guesses = [x for x in lines[3:] if x['way'] == 'password']
        self.assertEqual({x['login'] for x in guesses}, {marks['bo']})
        self.assertEqual({x['outcome'] for x in guesses}, {'wrong', 'slowed'})
        self.assertTrue(100 <= len(lines) <= 115, len(lines))
        count = lambda way, outcome: numbers.get(('athar_sign_ins_total', f'way="{way}",outcome="{outcome}"'), 0)
        self.assertEqual((count('password', 'proven'), count('password', 'wrong') + count('password', 'slowed'), count('token', 'wrong')), (1, flood + 2, 1))

    def test_the_manager_is_told(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(self.r.path('notify'))
            s.settimeout(20)
            p, _ = self.start('--open', env={'NOTIFY_SOCKET': self.r.path('notify'), 'WATCHDOG_USEC': '900000'})
            self.assertIn(b'READY=1', s.recv(4096).splitlines())
            times = []
            for _ in range(4):
                self.assertIn(b'WATCHDOG=1', s.recv(4096).splitlines())
                times.append(time.monotonic())
            self.assertLess(max(b - a for a, b in zip(times, times[1:])), 0.9, 'too late for the watchdog')
            p.send_signal(signal.SIGSTOP)  # who hangs says nothing
            time.sleep(0.2)
            while select.select([s], [], [], 0)[0]:
                s.recv(4096)
            self.assertFalse(select.select([s], [], [], 1)[0])
            p.send_signal(signal.SIGCONT)
            p.terminate()
            while True:
                got = s.recv(4096)
                if b'STOPPING=1' in got:
                    break
            self.assertEqual(p.wait(20), 0)

    def test_names_of_the_abstract_space(self):
        name = f'athar-test-{os.getpid()}'
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind('\0' + name)
            s.settimeout(20)
            self.start('--open', env={'NOTIFY_SOCKET': '@' + name, 'WATCHDOG_USEC': '900000', 'WATCHDOG_PID': '1'})
            self.assertIn(b'READY=1', s.recv(4096))
            self.assertFalse(select.select([s], [], [], 1)[0], 'another process is watched')


class Doctor(unittest.TestCase):
    def setUp(self):
        self.r = tool.Register().__enter__()
        self.addCleanup(self.r.__exit__)

    def found(self, *words, code=None, before=None):
        a = self.r.run('doctor', '--json', *words, before=before)
        ids = {x['id']: x for x in a.json()['findings']}
        worst = {x['severity'] for x in ids.values()}
        self.assertEqual(a.code, 4 if 'bad' in worst else 3 if 'warn' in worst else 0)
        for x in ids.values():
            for text in ('what', 'why', 'do'):
                self.assertNotRegex(x[text], r'doctor|\\{', 'a text is missing')
        return set(ids)

    def test_a_new_register_and_one_that_is_looked_after(self):
        new = self.found()
        self.assertLessEqual({'no_backup', 'no_witness', 'no_quorum', 'open_to_all', 'master_beside'}, new)
        self.assertFalse({'log_behind', 'log_key', 'cannot_open', 'file_open', 'dir_open', 'journal', 'server_fsync', 'derived_behind'} & new, new)
        for login in ('amal', 'boris'):
            self.assertEqual(tool.athar('account', 'add', '--data', self.r.dir, login, '--role', 'administrator').code, 0)
        self.assertEqual(self.r.run('keys', 'shares', '--need', 2, '--of', 3).code, 0)
        self.assertEqual(self.r.run('keys', 'master', '--file', self.r.path('master')).code, 0)
        self.assertEqual(self.r.run('backup', self.r.path('target'), '--keys', self.r.path('keys'), '--days', 30).code, 0)
        later = self.found()
        self.assertFalse({'no_backup', 'no_keys_backup', 'no_quorum', 'open_to_all', 'master_beside', 'one_administrator'} & later, later)
        self.assertLessEqual({'no_factor', 'no_reviewer'}, later)

    def test_what_others_can_read(self):
        os.chmod(self.r.dir, 0o755)
        os.chmod(self.r.dir + '/log.key', 0o644)
        self.assertLessEqual({'dir_open', 'file_open'}, self.found())

    def test_core_files(self):
        import resource
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        self.assertNotIn('core_dumps', self.found(before=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, hard))))
        if hard:
            self.assertIn('core_dumps', self.found(before=lambda: resource.setrlimit(resource.RLIMIT_CORE, (4096, hard))))

    def test_a_clock_set_back_and_an_old_backup(self):
        self.assertEqual(self.r.run('backup', self.r.path('target'), '--keys', self.r.path('keys'), '--days', 30).code, 0)
        for shift, want in (('-3d', {'clock_behind'}), ('+2d', {'backup_old'}), ('+26d', {'backup_old', 'keys_backup_old'}), ('+31d', {'no_keys_backup'})):
            p = subprocess.run(['faketime', '-f', shift, tool.ATHAR, 'doctor', '--data', self.r.dir, '--json'], capture_output=True)
            self.assertLessEqual(want, {x['id'] for x in json.loads(p.stdout)['findings']}, shift)

    def test_a_log_without_its_key(self):
        os.rename(self.r.dir + '/log.key', self.r.path('away'))
        self.assertIn('log_key', self.found())

    def test_left_aside(self):
        os.mkdir(self.r.dir + '.before-2026-01-01')
        self.assertIn('left_aside', self.found())


class Pages(unittest.TestCase):
    """Manual pages and completion, made of the program's own texts."""

    @classmethod
    def setUpClass(cls):
        cls.r = tool.Register().__enter__()
        cls.addClassCleanup(cls.r.__exit__)
        subprocess.run([sys.executable, os.path.join(tool.ROOT, 'tools', 'make_man.py'), tool.ATHAR, cls.r.path('man'), cls.r.path('complete')], check=True)
        cls.verbs = re.findall(r'^  ([a-z][a-z-]*) +\S', tool.athar('--help').out, re.M)

    def test_a_page_for_each_verb(self):
        self.assertGreater(len(self.verbs), 25)
        self.assertEqual(set(os.listdir(self.r.path('man/man1'))), {'athar.1', *(f'athar-{v}.1' for v in self.verbs)})
        for verb in self.verbs:
            with open(self.r.path(f'man/man1/athar-{verb}.1'), encoding='utf-8') as f:
                page = f.read()
            for part in ('.TH ', '.SH NAME', '.SH SYNOPSIS', '.SH DESCRIPTION'):
                self.assertIn(part, page, verb)
            text = tool.athar(verb, '--help').out
            for option in re.findall(r'--[a-z][a-z-]*', text):
                self.assertIn(option.replace('-', '\\-'), page, verb)

    def complete(self, *words):
        script = f'source {self.r.path("complete/athar")}; COMP_WORDS=({" ".join(words)} ""); COMP_CWORD={len(words)}; _athar; echo "${{COMPREPLY[@]}}"'
        return subprocess.run(['bash', '-c', script], capture_output=True, text=True, check=True).stdout.split()

    def test_completion(self):
        self.assertLessEqual(set(self.verbs), set(self.complete('athar')))
        self.assertLessEqual({'status', 'master', 'shares', 'backup', 'restore', 'unlock'}, set(self.complete('athar', 'keys')))
        script = f'source {self.r.path("complete/athar")}; COMP_WORDS=(athar backup --); COMP_CWORD=2; _athar; echo "${{COMPREPLY[@]}}"'
        out = subprocess.run(['bash', '-c', script], capture_output=True, text=True, check=True).stdout.split()
        self.assertLessEqual({'--data', '--keys', '--days', '--anew', '--json', '--help'}, set(out))


if tool.SERVER:  # these write into the files of SQLite
    del Versions

if __name__ == '__main__':
    tool.main()
