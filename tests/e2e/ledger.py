#!/usr/bin/env python3
"""The public log as others see it: every tile and the checkpoint recomputed from the database's records by plain Python, over HTTP as on
disk; and athar verify, which needs no secret."""
import json
import os
import shutil
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import log_files  # noqa: E402
import tool  # noqa: E402

MAP = os.path.join(tool.MAPS, 'sample.json')


class Log(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.r = tool.Register().__enter__()
        for n in (150, 700):  # two imports: parts of tiles under way, then full ones
            assert cls.r.take(MAP, tool.sample(n, 5, cls.r.path(f'{n}.csv'))).code == 0
        cls.records = log_files.records(cls.r.dir)
        cls.leaves = [log_files.leaf(r) for r in cls.records]

    @classmethod
    def tearDownClass(cls):
        cls.r.__exit__()

    def test_checkpoint_is_the_records_root(self):
        c = log_files.checkpoint(self.r.dir)
        self.assertEqual((c.size, c.root), (len(self.leaves), log_files.root(self.leaves)))
        self.assertTrue(c.signed_by(log_files.read(self.r.dir, 'vkey').decode()))
        self.assertEqual(c.origin, log_files.read_vkey(log_files.read(self.r.dir, 'vkey').decode())[0])

    def tile(self, level, i, width):
        if level == 'entries':
            return self.records[256 * i:256 * i + width]
        return log_files.hashes(self.leaves, level)[256 * i:256 * i + width]

    def test_every_tile_and_no_other_but_older_parts(self):
        want = log_files.tile_paths(len(self.leaves))
        there = {os.path.relpath(os.path.join(d, f), os.path.join(self.r.dir, 'log')) for d, _, files in os.walk(os.path.join(self.r.dir, 'log', 'tile'))
                 for f in files}
        self.assertEqual(set(want) - there, set())
        for older in there - set(want):
            self.assertIn('.p/', older)
            self.assertTrue([p for p in want if p.startswith(older[:older.index('.p/') + 3])], older)
        for path, (level, i, width) in want.items():
            data = log_files.read(self.r.dir, path)
            self.assertEqual(log_files.split_bundle(data) if level == 'entries' else [data[k:k + 32] for k in range(0, len(data), 32)],
                             self.tile(level, i, width), path)

    def test_key_files_are_private(self):
        self.assertEqual(os.stat(os.path.join(self.r.dir, 'log.key')).st_mode & 0o777, 0o600)

    def get(self, base, path):
        try:
            with urllib.request.urlopen(base + path, timeout=20) as got:
                return got.status, got.headers, got.read()
        except urllib.error.HTTPError as e:
            return e.code, e.headers, e.read()

    def test_over_http(self):
        with tool.Served(self.r) as base:
            status, headers, body = self.get(base, '/log/checkpoint')
            self.assertEqual((status, headers['Content-Type'], headers['Cache-Control']), (200, 'text/plain; charset=utf-8', 'public, max-age=2'))
            self.assertEqual(body, log_files.read(self.r.dir, 'checkpoint'))
            for path, (level, _, _) in log_files.tile_paths(len(self.leaves)).items():
                status, headers, body = self.get(base, '/log/' + path)
                if level == 'entries':
                    self.assertEqual((status, headers['Content-Type']), (403, 'application/problem+json'), path)
                    self.assertNotIn(b'ATHR', body)
                    continue
                self.assertEqual((status, headers['Content-Type']), (200, 'application/octet-stream'), path)
                self.assertIn('immutable', headers['Cache-Control'])
                self.assertEqual(body, log_files.read(self.r.dir, path))
            for path in ('/log', '/log/', '/log/tile', '/log/tile/', '/log/tile/0', '/log/tile/0/999', '/log/tile/9/000', '/log/tile/0/000.p/0',
                         '/log/tile/0/000.p/01', '/log/tile/0/000/x', '/log/vkey', '/log/tile/0/0000', '/log/checkpoint/x', '/log/tile/log.key'):
                self.assertEqual(self.get(base, path)[0], 404, path)
            for width in (1, 17, 255):  # a reader with an older checkpoint
                self.assertEqual(self.get(base, f'/log/tile/0/000.p/{width}')[2], b''.join(self.leaves[:width]))

    def test_verify_finds_nothing_wrong_and_needs_no_secret(self):
        with tool.Register() as r:
            shutil.rmtree(r.dir)
            shutil.copytree(self.r.dir, r.dir)
            shutil.rmtree(os.path.join(r.dir, 'keystore'))
            os.remove(os.path.join(r.dir, 'log.key'))
            vkey = log_files.read(r.dir, 'vkey').decode().strip()
            for more in ((), ('--key', vkey), ('--threads', '5')):
                a = r.run('verify', '--json', *more)
                self.assertEqual(a.code, 0, a)
                self.assertEqual((a.json()['size'], a.json()['root'], a.json()['rows'], a.json()['found']),
                                 (len(self.leaves), log_files.root(self.leaves).hex(), len(self.leaves), []))
            self.assertEqual(r.run('verify', '--key', 'register.example+00000000+AAAA').code, 1)
            other = log_files.read_vkey(vkey)[0] + '+00000000+' + vkey.split('+', 2)[2]
            self.assertEqual(r.run('verify', '--key', other).code, 1)

    def check(self, receipt, *more):
        return tool.athar('check-receipt', '-', '--key', log_files.read(self.r.dir, 'vkey').decode(), *more, stdin=receipt.encode())

    def test_receipts_hold(self):
        for at in (0, 255, 256, len(self.leaves) - 1):
            a = self.r.run('receipt', at)
            said = a.json()
            self.assertEqual((said['position'], said['record']), (at, self.leaves[at].hex()))
            self.assertEqual(log_files.climb(self.leaves[at], at, said), log_files.Note(said['checkpoint']).root)
            self.assertEqual(self.check(a.out).code, 0)
            line = self.r.run('receipt', self.leaves[at].hex() if at else at, '--line').out  # the register's own first record has no page
            self.assertRegex(line, r'^ATHAR1 [A-Z2-7]+\n$')
            self.assertEqual(self.check(line).code, 0)
            self.assertEqual(self.check(a.out, '--record', self.r.write('record', self.records[at])).code, 0)
            self.assertEqual(self.check(a.out, '--record', self.r.write('record', self.records[at - 1])).code, 1)
        self.assertEqual(self.r.run('receipt', len(self.leaves)).code, 1)
        self.assertEqual(self.r.run('receipt', '00' * 32).code, 1)

    def test_printed_receipt_is_read_by_another_program(self):
        png = self.r.path('receipt.png')
        self.assertEqual(self.r.run('receipt', 77, '--png', png).code, 0)
        read = subprocess.run(['dmtxread', '-N1', png], capture_output=True, timeout=60).stdout.decode()
        self.assertEqual(read.strip(), self.r.run('receipt', 77, '--line').out.strip())
        self.assertEqual(self.check(read).code, 0)

    def test_verify_derived(self):
        before = self.r.digest()
        a = self.r.run('verify', '--derived', '--json')
        self.assertEqual((a.code, a.json()['records'], a.json()['found']), (0, len(self.leaves), []), a)
        self.assertEqual(self.r.digest(), before)


if __name__ == '__main__':
    tool.main()
