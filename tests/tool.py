"""What the tests of the whole program share: athar as people run it, a register in a folder of its own, and the closing line
'N passed, N failed'. ATHAR names the program (build/athar unless given). ATHAR_TEST_DB names a PostgreSQL server
(tests/postgres.py): registers are then made in databases of it."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

import postgres

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ATHAR = os.path.abspath(os.environ.get('ATHAR', os.path.join(ROOT, 'build', 'athar')))
MAPS = os.path.join(ROOT, 'maps')
EVENTS = os.path.join(ROOT, 'data', 'examples', 'crime-gun-events', 'crime_gun_events.csv')


class Answer:
    """What one run of athar said."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f'exit {self.code}\nout: {self.out[:2000]}\nerr: {self.err[:2000]}'


def athar(*words, stdin=None, timeout=120, env=None, before=None):
    """Runs athar to its end. `before` is run in the child before it starts (limits)."""
    p = subprocess.run([ATHAR, *map(str, words)], input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
                       capture_output=True, timeout=timeout, env={**os.environ, **(env or {})}, preexec_fn=before)
    return Answer(p.returncode, p.stdout.decode('utf-8', 'replace'), p.stderr.decode('utf-8', 'replace'))


def sample(records, seed, path):
    """Writes the invented register to a file."""
    with open(path, 'wb') as f:
        subprocess.run([ATHAR, 'sample', '--records', str(records), '--seed', str(seed)], stdout=f, check=True)
    return path


SERVER = os.environ.get('ATHAR_TEST_DB')


def new_database(like=None):
    """The address of a new database; like: the address of one that it is a copy of."""
    name, template = f'r{uuid.uuid4().hex[:16]}', database_name(like) if like else 'template1'
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{template}'"
    for left in reversed(range(20)):  # a process that was killed may still be connected to what is copied
        try:
            postgres.sql(SERVER, *([end] if like else []), f'CREATE DATABASE {name} TEMPLATE {template}')
            break
        except subprocess.CalledProcessError:
            if not left:
                raise
            time.sleep(0.1)
    return SERVER.replace('/postgres?', f'/{name}?')


def database_name(url):
    return url.split('?')[0].split('/')[-1]


def database_of(folder):
    """The address that DIR/database holds, or None."""
    try:
        with open(os.path.join(folder, 'database'), encoding='ascii') as f:
            return f.read().strip()
    except FileNotFoundError:
        return None


def init_words(folder):
    return ['init', '--data', folder, *(['--db', new_database()] if SERVER else [])]


def copy_register(old, new):
    shutil.copytree(old, new)
    url = database_of(old)
    if url:
        with open(os.path.join(new, 'database'), 'w', encoding='ascii') as f:
            f.write(new_database(url) + '\n')


class Register:
    """A register in a temporary folder, gone at the end of the `with`."""

    def __init__(self, under=None):
        self.top = tempfile.mkdtemp(prefix='athar-test-', dir=under)
        self.dir = os.path.join(self.top, 'data')

    def __enter__(self):
        a = athar(*init_words(self.dir))
        assert a.code == 0, a
        return self

    def __exit__(self, *_):
        url = database_of(self.dir)
        if url and SERVER:
            postgres.sql(SERVER, f'DROP DATABASE IF EXISTS {database_name(url)} WITH (FORCE)')
        shutil.rmtree(self.top, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.top, name)

    def write(self, name, content):
        with open(self.path(name), 'wb') as f:
            f.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def run(self, verb, *words, **more):
        return athar(verb, '--data', self.dir, *words, **more)

    def take(self, mapping, table, **more):
        return self.run('import', '--map', mapping, table, '--json', **more)

    def digest(self):
        """{table: (rows, sha-256)} of the derived tables as they are."""
        return read_digest(self.run('rebuild', '--digest'))

    def rebuild(self):
        return read_digest(self.run('rebuild'))

    def rejected(self):
        """Lines of the newest reject file, without its heading."""
        names = sorted(n for n in os.listdir(os.path.join(self.dir, 'imports')) if n.endswith('-rejected.csv'))
        with open(os.path.join(self.dir, 'imports', names[-1]), encoding='utf-8') as f:
            return f.read().splitlines()[1:]


class Served:
    """A register served on a free port while the `with` lasts: gives the address."""

    def __init__(self, register, *words, env=None):
        self.env = dict(os.environ, **(env or {}))
        self.words = [ATHAR, 'serve', '--data', register.dir, '--open', '--listen', '127.0.0.1:0', *words]

    def __enter__(self):
        self.p = subprocess.Popen(self.words, stdout=subprocess.PIPE, env=self.env)
        return self.p.stdout.readline().decode().split()[-1].rstrip('/')

    def __exit__(self, *_):
        self.p.terminate()
        self.p.wait(timeout=30)
        self.p.stdout.close()


def read_digest(a):
    assert a.code == 0, a
    rows = [line.split() for line in a.out.splitlines()]
    return {name: (int(n), digest) for name, n, digest in rows}


def main():
    """Runs the file's tests and closes with 'N passed, N failed'; a skipped test is a failed one."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules['__main__'])
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=1).run(suite)
    bad = len({str(t) for t, _ in result.failures + result.errors + result.skipped})
    print(f'{result.testsRun - bad} passed, {bad} failed')
    sys.exit(1 if bad else 0)
