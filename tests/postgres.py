#!/usr/bin/env python3
"""A PostgreSQL server for tests: a cluster of its own in a temporary folder, as an unprivileged user, reached over a Unix socket only.

    tests/postgres.py COMMAND ...   runs COMMAND with ATHAR_TEST_DB naming such a server, which is stopped and removed afterwards

With ATHAR_TEST_DB the registers of tests/tool.py and of tests/unit/register_help.h are made in databases of that server.
POSTGRES_BIN says where its programs are."""
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BIN = os.environ.get('POSTGRES_BIN', '/usr/lib/postgresql/15/bin')
SETTINGS = {'listen_addresses': "''", 'shared_buffers': '128MB', 'max_connections': 200, 'jit': 'off', 'max_wal_size': '2GB',
            'log_min_messages': 'fatal'}


def as_whom():
    """A server refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam('postgres')
    return {'user': user.pw_uid, 'group': user.pw_gid, 'extra_groups': []}


class Cluster:
    """One server. settings: of postgresql.conf, beside SETTINGS. of: a Cluster that this one is a standby of."""

    def __init__(self, of=None, **settings):
        self.top = tempfile.mkdtemp(prefix='athar-pg-')
        self.data = os.path.join(self.top, 'data')
        self.process = None
        if as_whom():
            os.chown(self.top, as_whom()['user'], as_whom()['group'])
        if of:
            self.tool('pg_basebackup', '-h', of.top, '-U', 'postgres', '-D', self.data, '-R', '-X', 'stream', '-c', 'fast')
        else:
            self.tool('initdb', '-D', self.data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8')
        self.set(**{**SETTINGS, 'unix_socket_directories': f"'{self.top}'", **settings})

    def tool(self, name, *words, check=True):
        return subprocess.run([os.path.join(BIN, name), *words], cwd='/', check=check, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, **as_whom())

    def set(self, **settings):
        with open(os.path.join(self.data, 'postgresql.conf'), 'a', encoding='ascii') as f:
            f.writelines(f'{name} = {value}\n' for name, value in settings.items())

    def start(self, wait=60):
        """Until it answers. What a killed server left (children, shared memory) may take a moment to go: then again."""
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                with open(os.path.join(self.top, 'log'), 'ab') as log:
                    self.process = subprocess.Popen([os.path.join(BIN, 'postgres'), '-D', self.data], cwd='/', stdin=subprocess.DEVNULL,
                                                    stdout=log, stderr=log, **as_whom())
            if self.tool('pg_isready', '-q', '-h', self.top, check=False).returncode == 0:
                return self
            time.sleep(0.05)
        with open(os.path.join(self.top, 'log'), encoding='utf-8', errors='replace') as log:
            raise TimeoutError(log.read()[-2000:])

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=60)
        self.process = None

    def kill(self):
        """As a power cut takes it: the server at once, its children as soon as they see it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def promote(self):
        self.tool('pg_ctl', 'promote', '-D', self.data, '-w')

    def url(self, database='postgres'):
        return f'postgresql://postgres@/{database}?host={self.top}'

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.top, ignore_errors=True)


def sql(url, *commands, check=True):
    """Runs each command by itself; what the last one printed."""
    words = [w for c in commands for w in ('-c', c)]
    return subprocess.run([os.path.join(BIN, 'psql'), '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', *words, url], check=check,
                          capture_output=True, text=True).stdout.strip()


def main():
    with Cluster(fsync='off', full_page_writes='off') as c:
        sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, 'ATHAR_TEST_DB': c.url()}).returncode)


if __name__ == '__main__':
    main()
