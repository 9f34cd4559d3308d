#!/usr/bin/env python3
"""One database, several processes: servers in two directories show what an import through a third brings; a sequencer gives way to
it. Needs ATHAR_TEST_DB (tests/postgres.py)."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import tool  # noqa: E402
from verbs import MAP, TABLE  # noqa: E402


class Shared(unittest.TestCase):
    def setUp(self):
        self.r = tool.Register().__enter__()
        self.addCleanup(self.r.__exit__)
        self.map = self.r.write('map.json', json.dumps(MAP))

    def join(self, name):
        """Another directory of the same register, as another machine would have it."""
        folder = self.r.path(name)
        os.mkdir(folder, 0o700)
        for file in ('log.key', 'database'):
            shutil.copy(os.path.join(self.r.dir, file), folder)
        os.symlink(os.path.join(self.r.dir, 'keystore'), os.path.join(folder, 'keystore'))
        return folder

    def run_on(self, *words):
        p = subprocess.Popen([tool.ATHAR, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(p.stdout.close)
        self.addCleanup(p.wait)
        self.addCleanup(p.kill)
        return p, p.stdout.readline().decode()

    def serve(self, folder):
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            port = s.getsockname()[1]
        self.assertIn(f':{port}/', self.run_on('serve', '--data', folder, '--open', '--listen', f'127.0.0.1:{port}')[1])
        return f'http://127.0.0.1:{port}/api/v1/search?pattern=TLB71835'

    def found(self, url):
        with urllib.request.urlopen(url, timeout=20) as f:
            return [c['external_id'] for c in json.loads(f.read())['candidates']]

    def test_servers_follow_the_log(self):
        urls = [self.serve(self.r.dir), self.serve(self.join('two'))]
        self.assertEqual([self.found(u) for u in urls], [[], []])
        a = tool.athar('import', '--data', self.join('three'), '--map', self.map, self.r.write('table.csv', TABLE), '--json')
        self.assertEqual((a.code, a.json()['added']), (0, 3), a)
        deadline = time.monotonic() + 20
        for u in urls:
            while self.found(u) != ['A1'] and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertEqual(self.found(u), ['A1'])

    def test_a_sequencer_gives_way_to_an_import_and_comes_back(self):
        p, said = self.run_on('sequence', '--data', self.r.dir)
        self.assertEqual(said, 'Elected.\n')
        for n, folder in enumerate((self.r.dir, self.join('two'))):
            a = tool.athar('import', '--data', folder, '--map', self.map, self.r.write('table.csv', TABLE), '--json')
            self.assertEqual((a.code, a.json()['unchanged']), (0, 3 * n), a)
            self.assertEqual(p.stdout.readline(), b'Elected.\n')
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(timeout=20), 0)

    def test_sequence_needs_a_shared_database(self):
        folder = self.r.path('alone')
        self.assertEqual(tool.athar('init', '--data', folder).code, 0)
        a = tool.athar('sequence', '--data', folder)
        self.assertEqual((a.code, a.out), (1, ''), a)
        self.assertIn('PostgreSQL', a.err)


if __name__ == '__main__':
    if not tool.SERVER:
        sys.exit('ATHAR_TEST_DB names no server')
    tool.main()
