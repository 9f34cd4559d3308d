#!/usr/bin/env python3
"""One database, several processes: servers in two directories show what an import through a third brings; a sequencer gives way to
it. Needs ATHAR_TEST_DB (tests/postgres.py)."""
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import postgres  # noqa: E402
import tool  # noqa: E402
from keys import MAP as PERSONS_MAP, NAME, TABLE as PERSONS, holder_of  # noqa: E402
from verbs import MAP, TABLE  # noqa: E402


class Shared(unittest.TestCase):
    def setUp(self):
        self.r = tool.Register().__enter__()
        self.addCleanup(self.r.__exit__)
        self.map = self.r.write('map.json', json.dumps(MAP))

    def join(self, name):
        """Another directory of the same register, as another machine would have it."""
        folder = self.r.path(name)
        a = tool.athar('init', '--data', folder, '--join', '--db', tool.database_of(self.r.dir), '--keys', self.r.dir)
        self.assertEqual(a.code, 0, a)
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

    def entering(self, folder, gun, stop, count):
        """One after another without a pause, until it is told to stop; how often it was answered what."""
        token = tool.athar('account', 'token', '--data', folder, 'till', '--name', 'test', '--kinds', 'mark_observed').out.strip()
        p = subprocess.Popen([tool.ATHAR, 'serve', '--data', folder, '--listen', '127.0.0.1:0'], stdout=subprocess.PIPE)
        self.addCleanup(lambda: (p.kill(), p.wait(), p.stdout.close()))
        url = p.stdout.readline().decode().split()[-1].rstrip('/')
        def run():
            while not stop.is_set():
                body = {'key': os.urandom(16).hex(), 'what': 'record', 'purpose': 'licensing', 'firearm': gun, 'happened': '2024-05-05', 'mark': 'A1'}
                for _ in range(2):
                    ask = urllib.request.Request(url + '/api/v1/enter/mark_observed', json.dumps(body).encode(), {'Content-Type': 'application/json', 'Authorization': 'Bearer ' + token})
                    try:
                        status = urllib.request.urlopen(ask, timeout=60).status
                    except urllib.error.HTTPError as e:
                        status = e.code
                        told = json.loads(e.read())
                        if 'warned' in told and 'warned' not in body:
                            body['warned'] = told['warned']
                            continue
                    break
                count[status] = count.get(status, 0) + 1
        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def test_servers_that_are_never_idle_take_turns(self):
        """Two of one directory, one of another; each has something to write at any moment."""
        self.assertEqual(self.r.run('account', 'add', 'till', '--role', 'authority_system', '--office', 'L').code, 0)
        self.assertEqual(self.r.take(self.map, self.r.write('table.csv', TABLE)).code, 0)
        two, stop = self.join('two'), threading.Event()
        counts = [{}, {}, {}]
        threads = [self.entering(folder, gun, stop, count) for folder, gun, count in zip((self.r.dir, self.r.dir, two), ('A1', 'A2', 'A3'), counts)]
        time.sleep(12)
        stop.set()
        for t in threads:
            t.join()
        for count in counts:
            self.assertEqual(set(count), {201}, counts)
            self.assertGreater(count[201], 20, counts)

    def test_a_sequencer_gives_way_to_an_import_and_comes_back(self):
        p, said = self.run_on('sequence', '--data', self.r.dir)
        self.assertEqual(said, 'Elected.\n')
        for n, folder in enumerate((self.r.dir, self.join('two'))):
            a = tool.athar('import', '--data', folder, '--map', self.map, self.r.write('table.csv', TABLE), '--json')
            self.assertEqual((a.code, a.json()['unchanged']), (0, 3 * n), a)
            self.assertEqual(p.stdout.readline(), b'Elected.\n')
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(timeout=20), 0)

    def test_two_directories_of_one_key_folder(self):
        """Each records persons, each reads the other's; what one erases, and what one locks, is so for the other at once."""
        top, url = self.r.path('two machines'), tool.new_database()
        self.addCleanup(lambda: postgres.sql(tool.SERVER, f'DROP DATABASE IF EXISTS {tool.database_name(url)} WITH (FORCE)'))
        os.mkdir(top)
        folder, one, two = (os.path.join(top, n) for n in ('keys', 'one', 'two'))
        self.assertEqual(tool.athar('init', '--data', one, '--db', url, '--keys', folder).code, 0)
        self.assertEqual(tool.athar('init', '--data', two, '--join', '--db', url, '--keys', folder).code, 0)
        lines = PERSONS.splitlines(True)
        persons_map = self.r.write('persons.json', json.dumps(PERSONS_MAP))
        for n, (data, rows) in enumerate(((one, lines[1:2]), (two, lines[2:3]), (one, lines[4:5]))):
            a = tool.athar('import', '--data', data, '--map', persons_map, self.r.write(f'{n}.csv', lines[0] + ''.join(rows)))
            self.assertEqual(a.code, 0, a)
        holder = lambda data, gun: holder_of(tool.athar('trace', '--data', data, gun, '--json').json())
        url_of_two = self.serve(two)
        self.assertEqual(self.found(url_of_two), ['A1'])
        for data in (one, two):
            self.assertEqual((holder(data, 'A1')[1], holder(data, 'A2')[1], holder(data, 'A4')[1]), (NAME, 'Ivo Brandt', NAME))
            self.assertEqual(tool.athar('party', '--data', data, 'Brandt', '--json').json()['count'], 1)
        party = holder(two, 'A1')[0]
        self.assertEqual(holder(one, 'A4')[0], party)
        a = tool.athar('erase', '--data', one, party, '--basis', 'Firearms Act 12 (3)')
        self.assertEqual(a.code, 0, a)
        for data in (one, two):
            self.assertEqual((holder(data, 'A1'), holder(data, 'A4'), holder(data, 'A2')[1]), ((party, None), (party, None), 'Ivo Brandt'))
        self.assertEqual(tool.athar('keys', 'shares', '--need', '2', '--of', '3', '--data', two).code, 0)
        self.assertEqual(tool.athar('lock', '--data', two).code, 0)
        self.assertEqual(tool.athar('trace', '--data', one, 'A2').code, 1)

    def test_a_directory_joins_with_the_keys_of_its_register_only(self):
        strange, folder, url = self.r.path('strange'), self.r.path('late'), tool.database_of(self.r.dir)
        self.assertEqual(tool.athar('init', '--data', strange).code, 0)
        for words, said in ((('--db', url, '--keys', strange), 'the key folder of the register in this database'),
                            (('--db', url, '--keys', self.r.top), 'keystore and log.key'), (('--db', url), '--db and --keys'),
                            (('--db', url, '--keys', self.r.dir, '--origin', 'a/b'), 'the register has its own')):
            a = tool.athar('init', '--data', folder, '--join', *words)
            self.assertEqual(a.code, 1, a)
            self.assertIn(said, a.err)
            self.assertFalse(set(os.listdir(folder)) - {'lock'} if os.path.isdir(folder) else False, words)
        self.assertTrue(os.path.exists(os.path.join(strange, 'log.key')), 'what a link led to stays')
        empty = tool.new_database()
        self.addCleanup(lambda: postgres.sql(tool.SERVER, f'DROP DATABASE IF EXISTS {tool.database_name(empty)} WITH (FORCE)'))
        self.assertIn('a database with a register', tool.athar('init', '--data', folder, '--join', '--db', empty, '--keys', self.r.dir).err)
        self.assertEqual(tool.athar('init', '--data', folder, '--join', '--db', url, '--keys', self.r.dir).code, 0)
        self.assertEqual(tool.athar('init', '--data', folder, '--join', '--db', url, '--keys', self.r.dir).code, 1)

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
