#!/usr/bin/env python3
"""A server that is killed at a random moment under a machine that files batches (POST /api/v1/entries): what was answered is there, what was not is filed by
sending it again, and nothing is there twice. KILLS says how often (10 unless given); ATHAR_TEST_DB, where the register lies."""
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tool

LINES = 60
KILLS = int(os.environ.get('KILLS', '10'))


class Filing(unittest.TestCase):
    def setUp(self):
        self.r = tool.Register().__enter__()
        self.addCleanup(self.r.__exit__)
        for words in (['first', '--role', 'administrator'], ['port', '--role', 'authority_system']):
            self.assertEqual(tool.athar('account', 'add', '--data', self.r.dir, *words).code, 0)
        a = tool.athar('account', 'token', '--data', self.r.dir, 'port', '--name', 'x', '--kinds', 'imported,lost')
        self.assertEqual(a.code, 0, a)
        self.token = a.out.strip()
        self.process = None
        self.addCleanup(lambda: self.process and self.process.kill())
        self.random = random.Random(5)

    def serve(self):
        self.process = subprocess.Popen([tool.ATHAR, 'serve', '--data', self.r.dir, '--listen', '127.0.0.1:0'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.port = int(self.process.stdout.readline().decode().rstrip().rstrip('/').split(':')[-1])
        self.process.stdout.close()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.assertEqual(self.process.wait(30), 0)

    def line(self, n, **more):
        """Every third is about the firearm of the one before, and has to wait for its commit."""
        return {'kind': 'imported', 'key': f'{n:032x}', 'mark': f'K{self.random.getrandbits(48):012X}', 'make': 'Taurus', 'happened': '2024-01-01', 'to': f'Buyer {n}',
                'to_document': f'KF/{n - n % 3}', 'purpose': 'licensing', **more}

    def file(self, lines):
        """{key: answer} of what came back whole; the connection may break at any moment."""
        try:
            c = http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)
            c.request('POST', '/api/v1/entries', '\n'.join(map(json.dumps, lines)), {'Content-Type': 'application/x-ndjson', 'Authorization': f'Bearer {self.token}'})
            got = c.getresponse()
            text = got.read().decode()
            self.assertEqual(got.status, 200, text)
            return {a['key']: a for a in map(json.loads, text.splitlines())}
        except (OSError, http.client.HTTPException):
            return {}
        finally:
            c.close()

    def until_recorded(self, lines):
        """As a machine does: again with the same keys, and with the warnings that were answered."""
        known = {}
        for _ in range(6):
            for key, a in self.file(lines).items():
                if 'record' in a:
                    self.assertEqual(known.setdefault(key, a['record']), a['record'], 'a key has two records')
                elif a.get('warned'):
                    next(x for x in lines if x['key'] == key)['warned'] = a['warned']
                else:
                    self.fail(a)
            if len(known) == len(lines):
                return known
        self.fail('not recorded')

    def test_killed(self):
        self.serve()
        begun = time.monotonic()
        self.until_recorded([self.line(n) for n in range(LINES)])
        length = time.monotonic() - begun
        self.stop()
        before, recorded, answered = self.size(), 0, 0
        self.serve()
        for k in range(KILLS):
            lines = [self.line((k + 1) * 1000 + n) for n in range(LINES)]
            timer = threading.Timer(self.random.random() * length * 1.2, self.kill)
            timer.start()
            first = self.file(lines)
            answered += len(first) > 0
            timer.join()
            self.serve()
            known = self.until_recorded(lines)
            for key, a in first.items():
                if 'record' in a:
                    self.assertEqual(known[key], a['record'], 'what was answered is not there')
            recorded += LINES
        self.stop()
        self.assertEqual(self.size(), before + recorded, 'something is there twice')
        self.assertEqual(self.r.run('verify').code, 0)
        a = self.r.run('verify', '--derived')
        self.assertEqual(a.code, 0, a)
        print(f'{KILLS} kills within {length * 1.2:.2f} s of a batch; {answered} batches were answered before')

    def size(self):
        """Records of the log, published or not."""
        return self.r.run('verify', '--derived', '--json').json()['records']


if __name__ == '__main__':
    tool.main()
