#!/usr/bin/env python3
"""The contract of the command line: every verb helps, and says by its exit code what became of it: 0 done, 1 refused and nothing
changed, 2 wrong use."""
import contextlib
import glob
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import postgres  # noqa: E402
import tool  # noqa: E402

VERBS = ('init', 'import', 'search', 'trace', 'marks', 'sample', 'rebuild', 'serve', 'verify', 'receipt', 'check-receipt', 'witness', 'witness-ask', 'segment', 'copy', 'sequence',
         'keys', 'lock', 'erase', 'hold', 'party', 'retain', 'account', 'clock')
TABLE = ('id,make,model,calibre,serial,on\n'
         'A1,Taurus,PT 92,9x19,TLB71835,1/2/1993\nA2,Glock,17,9x19,BUCR828,5/6/2004\nA3,Colt,,".45",SS14021,7/8/1981\n')
MAP = {'source': 'verbs', 'row_key': 'id', 'external_id': 'id', 'item': {'make': 'make', 'model': 'model', 'calibre': 'calibre'},
       'records': [{'kind': 'registered', 'describe': True, 'mark': {'text': 'serial'}, 'if': {'column': 'id'},
                    'happened': {'column': 'on', 'pattern': 'D/M/YYYY'}}]}


class Verbs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.r = tool.Register().__enter__()
        cls.table = cls.r.write('table.csv', TABLE)
        cls.map = cls.r.write('map.json', json.dumps(MAP))
        cls.first = cls.r.take(cls.map, cls.table)

    @classmethod
    def tearDownClass(cls):
        cls.r.__exit__()

    def test_every_verb_helps(self):
        for verb in VERBS:
            a = tool.athar(verb, '--help')
            self.assertEqual((a.code, a.err), (0, ''), verb)
            self.assertIn('usage: athar ' + verb, a.out)

    def test_program_names_its_verbs(self):
        a = tool.athar('--help')
        self.assertEqual(a.code, 0)
        for verb in VERBS:
            self.assertIn('\n  ' + verb, a.out)

    def test_wrong_use_is_2(self):
        for words in ([], ['nope'], ['init'], ['import', '--data', 'x'], ['search', '--data', 'x'], ['search', '--data', 'x', 'A1', '--bogus'],
                      ['trace', '--data', 'x'], ['rebuild'], ['serve'], ['verify'], ['receipt', '--data', 'x'], ['check-receipt', 'x'], ['witness'], ['witness-ask'], ['segment', 'export', '--data', 'x'], ['segment', 'send', '--data', 'x', 'y'], ['sample'], ['sample', '--records', 'many'], ['marks'],
                      ['trace', '--data', 'x', 'a', 'b']):
            a = tool.athar(*words)
            self.assertEqual(a.code, 2, f'{words}: {a}')
            self.assertTrue(a.err.startswith('athar') or a.err.startswith('Athar'), f'{words}: {a.err}')

    def test_refused_is_1_in_one_sentence(self):
        nowhere = self.r.path('nowhere')
        for words in (['init', '--data', self.r.dir], ['import', '--data', nowhere, '--map', self.map, self.table],
                      ['search', '--data', nowhere, 'AB12'], ['trace', '--data', nowhere, 'A1'], ['trace', '--data', self.r.dir, 'A9'],
                      ['rebuild', '--data', nowhere], ['verify', '--data', nowhere], ['receipt', '--data', nowhere, '1'], ['witness', '--dir', nowhere], ['witness-ask', '--data', self.r.dir],
                      ['check-receipt', nowhere, '--key', 'x'], ['segment', 'import', '--data', self.r.dir, nowhere], ['verify', '--data', self.r.dir, '--threads', '0'], ['serve', '--data', nowhere], ['init', '--data', nowhere, '--profile', 'atlantis'],
                      ['serve', '--data', self.r.dir, '--open', '--listen', '0.0.0.0:0'], ['serve', '--data', self.r.dir, '--listen', '0.0.0.0:0'], ['search', '--data', self.r.dir, '*']):
            a = tool.athar(*words)
            self.assertEqual(a.code, 1, f'{words}: {a}')
            self.assertEqual(a.out, '', words)
            self.assertRegex(a.err, r'^athar: [^\n]+\.\n$', words)
            self.assertNotRegex(a.err, r'\b(want|err)\.[a-z_]+', f'{words}: a key without its text')
        self.assertFalse(os.path.exists(nowhere))

    def test_import_counts(self):
        c = self.first.json()
        self.assertEqual((self.first.code, c['rows'], c['added'], c['rejected']), (0, 3, 3, 0))
        again = self.r.take(self.map, self.table).json()
        self.assertEqual((again['added'], again['changed'], again['unchanged'], again['records']), (0, 0, 3, 0))

    def test_import_from_standard_input(self):
        with tool.Register() as r:
            a = r.take(self.map, '-', stdin=TABLE.encode())
            self.assertEqual((a.code, a.json()['added']), (0, 3))

    def test_changed_row_supersedes(self):
        with tool.Register() as r:
            r.take(self.map, self.table)
            a = r.take(self.map, r.write('changed.csv', TABLE.replace('BUCR828', 'BUCR829')))
            self.assertEqual((a.json()['changed'], a.json()['unchanged'], a.json()['added']), (1, 2, 0))
            self.assertEqual(r.run('search', 'BUCR829', '--errors', '0', '--json').json()['candidates'][0]['external_id'], 'A2')
            self.assertEqual(r.run('search', 'BUCR828', '--errors', '0', '--json').json()['candidates'], [])
            self.assertEqual(r.digest(), r.rebuild())

    def test_search_and_no_hit_are_done(self):
        a = self.r.run('search', 'TLB7?835', '--make', 'Taurus', '--json')
        self.assertEqual((a.code, a.json()['candidates'][0]['external_id']), (0, 'A1'))
        a = self.r.run('search', 'QQQQ99887766', '--json')
        # The terminal speaks the language of its environment; the first of the three that is set counts.
        for env, arabic in (({'LC_ALL': '', 'LC_MESSAGES': '', 'LANG': 'ar_EG.UTF-8'}, True), ({'LC_ALL': 'ar', 'LANG': 'C'}, True),
                            ({'LC_ALL': 'C.UTF-8', 'LANG': 'ar'}, False), ({'LC_ALL': '', 'LC_MESSAGES': '', 'LANG': 'xx_YY'}, False)):
            text = self.r.run('search', 'QQQQ99887766', '--json', env=env).json()['verdict']['text']
            self.assertEqual(text != a.json()['verdict']['text'], arabic, env)
            self.assertIn('السلاح' if arabic else 'gun', text)
        self.assertEqual((a.code, a.json()['candidates']), (0, []))
        self.assertEqual(self.r.run('search', 'QQQQ99887766').code, 0)

    def test_batch(self):
        asked = [{'qid': 'q1', 'pattern': 'TLB7?835', 'make': 'Taurus', 'ignored': 1}, {'qid': 2, 'pattern': 'BUCR82?', 'limit': 1},
                 {'qid': 'none', 'pattern': 'XXXX00000XX'}, {'qid': 'bad', 'pattern': '*'}]
        lines = ''.join(json.dumps(q) + '\n' for q in asked)
        a = self.r.run('search', '--batch', self.r.write('queries.jsonl', lines))
        self.assertEqual(a.code, 0, a)
        said = [json.loads(line) for line in a.out.splitlines()]
        self.assertEqual([s['qid'] for s in said], ['q1', 2, 'none', 'bad'])
        self.assertEqual([s['ids'] for s in said[:3]], [['A1'], ['A2'], []])
        for s in said[:3]:
            self.assertTrue(0 <= s['p_absent'] <= 1 and s['micros'] >= 0, s)
        self.assertIn('at least one character that can be read', said[3]['error'])

    def test_trace_three_ways(self):
        a = self.r.run('trace', 'A1', '--json')
        self.assertEqual((a.code, a.json()['external_ids'][0]['id']), (0, 'A1'))
        subject = a.json()['subject']
        self.assertEqual(self.r.run('trace', subject, '--json').json()['external_ids'], a.json()['external_ids'])
        self.assertIn('TLB71835', self.r.run('trace', 'A1').out)
        pdf = self.r.path('a1.pdf')
        self.assertEqual(self.r.run('trace', 'A1', '--pdf', pdf).code, 0)
        text = subprocess.run(['pdftotext', '-layout', pdf, '-'], capture_output=True, check=True).stdout.decode()
        self.assertIn('TLB71835', text)
        self.assertRegex(' '.join(text.split()), 'Confirm all marks with the record owner before acting on a person')
        info = subprocess.run(['pdfinfo', pdf], capture_output=True, check=True).stdout.decode()
        self.assertRegex(info, r'Pages: +1\n')

    def test_as_of_and_known(self):
        self.assertEqual(self.r.run('trace', 'A1', '--as-of', '1990-01-01', '--json').json()['steps'], [])
        self.assertEqual(self.r.run('trace', 'A1', '--known', '1990-01-01', '--json').json()['steps'], [])
        self.assertEqual(len(self.r.run('trace', 'A1', '--as-of', '1993-02-01', '--json').json()['steps']), 1)

    def test_marks_read(self):
        a = tool.athar('marks', 'read', stdin='RASPADO\n(ILEGIVEL)571752\nTLB71835\nNULL\n'.encode())
        said = [json.loads(line) for line in a.out.splitlines()]
        self.assertEqual((a.code, len(said)), (0, 4))
        self.assertEqual([s['status'] for s in said][:3], ['OBLITERATED', 'PARTIAL', 'CLEAR'])
        self.assertEqual(said[0]['text'], 'RASPADO')

    def test_what_is_not_taken_in_is_said(self):
        """After a rebuild that could not end, beside an import: who searches is told how much of the log is not searched, and not that the gun is not here."""
        with tool.Register() as r:
            r.take(self.map, self.table)
            log_size = r.run('search', 'QQQQ99887766', '--json').json()['log_size']
            if url := tool.database_of(r.dir):
                postgres.sql(url, "UPDATE covered SET value = '2' WHERE name = 'records'")
            else:
                with contextlib.closing(sqlite3.connect(glob.glob(os.path.join(r.dir, 'derived-*.db'))[0])) as db, db:
                    db.execute("UPDATE covered SET value = CAST('2' AS BLOB) WHERE name = CAST('records' AS BLOB)")
            os.remove(os.path.join(r.dir, 'index.snap'))
            a = r.run('search', 'QQQQ99887766', '--json').json()
            self.assertEqual(([w['key'] for w in a['warnings']], a['verdict']['key'], 'p_absent' in a), (['warn.not_taken_in'], 'verdict.none_yet', False))
            self.assertTrue(a['warnings'][0]['text'].startswith(f'{log_size - 2} records of this register are not searched'), a['warnings'])
            self.assertEqual([a[part][0]['key'] for part in ('searched', 'not_searched', 'next')], ['searched.ready', 'searched.not_ready', 'next.search_again'])
            a = r.run('search', 'TLB71899', '--make', 'Glock', '--json').json()
            self.assertEqual((a['count'], a['verdict']['key'], 'p_absent' in a), (1, 'verdict.unlikely_yet', False))

    def test_sample_is_the_same_everywhere(self):
        a, b, c = (tool.athar('sample', '--records', 300, '--seed', s).out for s in (1, 1, 2))
        self.assertEqual(a, b)
        self.assertNotEqual(a, c)
        self.assertEqual(len(a.splitlines()), 301)

    def test_rebuild_equals(self):
        before = self.r.digest()
        self.assertEqual(before['item'][0], 3)
        self.assertEqual(self.r.rebuild(), before)


class Serve(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.r = tool.Register().__enter__()
        cls.map = cls.r.write('map.json', json.dumps(MAP))
        assert cls.r.take(cls.map, cls.r.write('table.csv', TABLE)).code == 0
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            cls.port = s.getsockname()[1]
        cls.p = subprocess.Popen([tool.ATHAR, 'serve', '--data', cls.r.dir, '--open', '--listen', f'127.0.0.1:{cls.port}'],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        cls.ready = cls.p.stdout.readline().decode()

    @classmethod
    def tearDownClass(cls):
        cls.p.kill()
        cls.p.wait()
        cls.p.stdout.close()
        cls.r.__exit__()

    def get(self, path):
        with urllib.request.urlopen(f'http://127.0.0.1:{self.port}{path}', timeout=20) as f:
            return f.read().decode()

    def test_says_where_it_is(self):
        self.assertIn(f'http://127.0.0.1:{self.port}/', self.ready)

    def test_page_and_api_answer(self):
        self.assertIn('<html', self.get('/'))
        found = json.loads(self.get('/api/v1/search?pattern=TLB7%3F835'))
        self.assertEqual(found['candidates'][0]['external_id'], 'A1')

    def test_verbs_work_beside_it(self):
        line = 'id,make,model,calibre,serial,on\nB1,Beretta,92,9x19,XK40707,3/4/2001\n'
        self.assertEqual(self.r.run('search', 'TLB71835', '--json').json()['candidates'][0]['external_id'], 'A1')
        self.assertEqual(self.r.run('trace', 'A2').code, 0)
        self.assertEqual(self.r.take(self.map, self.r.write('more.csv', line)).json()['added'], 1)
        deadline = time.monotonic() + 20
        found = []
        while not found and time.monotonic() < deadline:  # the server looks at the log a few times a second
            time.sleep(0.02)
            found = json.loads(self.get('/api/v1/search?pattern=XK40707'))['candidates']
        self.assertEqual(found[0]['external_id'], 'B1')

    def test_unknown_firearm_is_404(self):
        with self.assertRaises(urllib.error.HTTPError) as e:
            self.get('/api/v1/firearms/nope/trace')
        self.assertEqual(e.exception.code, 404)
        e.exception.close()

    def test_ends_when_told(self):
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            port = s.getsockname()[1]
        p = subprocess.Popen([tool.ATHAR, 'serve', '--data', self.r.dir, '--open', '--listen', f'127.0.0.1:{port}'], stdout=subprocess.PIPE)
        p.stdout.readline()
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(timeout=20), 0)
        p.stdout.close()


if __name__ == '__main__':
    tool.main()
