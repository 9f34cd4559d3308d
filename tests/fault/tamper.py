#!/usr/bin/env python3
"""Tampering by somebody who has the whole disk, the machine and the key that signs the log: one test an attack. Each does the thing as well
as it can be done, then says which of these show it (docs/security.md, "Tampering"):

verify    athar verify                      derived   athar verify --derived
receipt   a receipt that somebody holds, against the public log (check-receipt --log)
witness   the witness, asked to cosign      writer    the program refuses to append

Everything else must show nothing: the table of the documentation says no more and no less than what happens here."""
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import log_files  # noqa: E402
import tool  # noqa: E402

MAP = {'source': 'tamper', 'row_key': 'id', 'external_id': 'id', 'item': {'make': 'make', 'model': 'model', 'calibre': 'calibre'},
       'records': [{'kind': 'registered', 'describe': True, 'mark': {'text': 'serial'}, 'if': {'column': 'id'},
                    'happened': {'column': 'on', 'pattern': 'D/M/YYYY'}}]}
HEADING = 'id,make,model,calibre,serial,on\n'


def rows(first, n, year=2004):
    return ''.join(f'G{i},Glock,17,9x19,BUCR{i:04},{i % 28 + 1}/6/{year}\n' for i in range(first, first + n))


class Witness:
    def __init__(self, folder, vkey):
        self.folder = folder
        self.vkey = tool.athar('witness', '--dir', folder, '--name', 'witness.example/capital', '--log', vkey).out.strip()

    def __enter__(self):
        self.p = subprocess.Popen([tool.ATHAR, 'witness', '--dir', self.folder, '--listen', '127.0.0.1:0'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.p.stdout.readline()
        self.url = self.p.stdout.readline().decode().strip()
        return self

    def __exit__(self, *_):
        self.p.kill()
        self.p.wait()
        self.p.stdout.close()

    def incidents(self):
        return len(os.listdir(os.path.join(self.folder, 'incidents')))


class World:
    """A register with a witness and people who hold receipts; made once, copied for each attack."""

    def __init__(self):
        self.r = tool.Register()
        assert tool.athar('init', '--data', self.r.dir, '--origin', 'register.example/north').code == 0
        self.map = self.r.write('map.json', json.dumps(MAP))
        self.take(self.r.dir, rows(0, 300))
        self.early = self.r.path('early')  # what the disk was like after the first import
        shutil.copytree(self.r.dir, self.early)
        self.vkey = log_files.read(self.r.dir, 'vkey').decode().strip()
        time.sleep(1.1)
        self.take(self.r.dir, rows(300, 250))
        self.witness_dir = self.r.path('witness')
        with Witness(self.witness_dir, self.vkey) as w:
            self.witness_vkey = w.vkey
            self.ask(self.r.dir, w, 0)
        self.receipts = {at: self.r.run('receipt', at).out for at in (1, 100, 500)}  # cosigned ones
        self.size = log_files.checkpoint(self.r.dir).size

    def take(self, folder, text, code=0, env=None, program=()):
        table = self.r.write('table.csv', HEADING + text)
        p = subprocess.run([*program, tool.ATHAR, 'import', '--data', folder, '--map', self.map, table], capture_output=True, timeout=120)
        assert p.returncode == code, p
        return p

    def ask(self, folder, witness, code):
        with open(os.path.join(folder, 'witnesses'), 'w', encoding='utf-8') as f:
            f.write(f'{witness.vkey} {witness.url}\n')
        a = tool.athar('witness-ask', '--data', folder)
        assert a.code == code, a
        os.remove(os.path.join(folder, 'witnesses'))
        return a


class Tampering(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.seen = {}  # number of the attack: what showed it

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.world.r.top)

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix='athar-tamper-')
        self.dir = os.path.join(self.top, 'data')
        self.keeper = os.path.join(self.top, 'witness')
        shutil.copytree(self.world.r.dir, self.dir)
        shutil.copytree(self.world.witness_dir, self.keeper)

    def tearDown(self):
        shutil.rmtree(self.top)

    # ---- what an attacker does ----

    def sql(self, *statements, file='register.db'):
        with sqlite3.connect(os.path.join(self.dir, file)) as db:
            for s in statements:
                db.execute(*s) if isinstance(s, tuple) else db.execute(s)

    def derived_file(self):
        return next(name for name in os.listdir(self.dir) if name.startswith('derived-') and name.endswith('.db'))

    def records(self):
        return log_files.records(self.dir)

    def put_records(self, records):
        """All rows anew, with ids, and the tree beside them; times of arrival as the records say."""
        now = [struct_recorded(r) for r in records]
        self.sql('DELETE FROM record', *[('INSERT INTO record VALUES (?, ?, ?, ?)', (i, now[i], log_files.leaf(r), r)) for i, r in enumerate(records)],
                 ('UPDATE meta SET value = ? WHERE name = ?', (log_files.edge([log_files.leaf(r) for r in records]), b'tree')))

    def publish_anew(self):
        """The log made again from what the database now holds, signed with the key; what is derived, too; traces of the witness removed."""
        shutil.rmtree(os.path.join(self.dir, 'log'))
        self.world.take(self.dir, '')
        self.assertEqual(tool.athar('rebuild', '--data', self.dir).code, 0)

    def sealed_anew(self, change):
        """A register of the same keys in which history was another one: the best forgery there is."""
        forged = os.path.join(self.top, 'forged')
        shutil.copytree(self.world.early, forged)
        with sqlite3.connect(os.path.join(forged, 'register.db')) as db:
            first = bytes(db.execute('SELECT bytes FROM record WHERE position = 0').fetchone()[0])
        keep, self.dir = self.dir, forged
        self.put_records([first])
        self.sql('DELETE FROM claim', file=self.derived_file())
        self.publish_anew()
        self.world.take(forged, change(rows(0, 550)))
        self.dir = keep
        shutil.rmtree(self.dir)
        shutil.move(forged, self.dir)

    # ---- what shows it ----

    def shown_by(self, receipt=500, witness=True, key=True):
        shown = self.look(receipt, witness, key)
        self.seen.setdefault(self._testMethodName[5:7], shown)
        return shown

    def look(self, receipt, witness, key):
        shown = set()
        a = tool.athar('verify', '--data', self.dir, *(('--key', self.world.vkey) if key else ()))
        self.verify = a.out
        if a.code:
            shown.add('verify')
        if self.receipt_says(receipt):
            shown.add('receipt')
        with Witness(self.keeper, self.world.vkey) as w:
            if witness and tool.athar('verify', '--data', self.dir).code == 0:
                folder = os.path.join(self.top, 'asked')
                shutil.copytree(self.dir, folder)
                with open(os.path.join(folder, 'witnesses'), 'w', encoding='utf-8') as f:
                    f.write(f'{w.vkey} {w.url}\n')
                a = tool.athar('witness-ask', '--data', folder)
                self.asked = a.out
                if a.code:
                    shown.add('witness')
                shutil.rmtree(folder)
            self.incidents = w.incidents()
        a = tool.athar('verify', '--data', self.dir, '--derived')
        self.derived = a.out + a.err
        if a.code:
            shown.add('derived')
        with open(os.path.join(self.dir, 'log', 'checkpoint'), 'rb') as f:
            before = f.read()
        table = self.world.r.write('more.csv', HEADING + rows(9000, 1))
        if tool.athar('import', '--data', self.dir, '--map', self.world.map, table).code:
            shown.add('writer')
            with open(os.path.join(self.dir, 'log', 'checkpoint'), 'rb') as f:
                self.assertEqual(f.read(), before)
        return shown

    def receipt_says(self, at, text=None, more=()):
        """True when the receipt does not fit the public log."""
        a = tool.athar('check-receipt', '-', '--key', self.world.vkey, '--log', os.path.join(self.dir, 'log'), *more,
                       stdin=(text or self.world.receipts[at]).encode())
        return a.code != 0

    # ---- nothing was done ----

    def test_00_nothing(self):
        self.assertEqual(self.shown_by(), set())
        for at in self.world.receipts:
            self.assertFalse(self.receipt_says(at))

    # ---- attacks ----

    def test_01_edit(self):
        r = self.records()
        self.sql(('UPDATE record SET bytes = ?, id = ? WHERE position = 100', (r[100][:-1] + bytes([r[100][-1] ^ 1]), log_files.leaf(r[100]))))
        self.assertEqual(self.shown_by(), {'verify', 'derived'})
        self.assertIn('record 100: the database has other bytes', self.verify)

    def test_02_delete(self):
        self.sql('DELETE FROM record WHERE position = 100')
        shown = self.shown_by()
        self.assertEqual(shown, {'verify', 'derived'})
        self.assertIn('record 100: the log has it, the database does not', self.verify)

    def test_03_reorder(self):
        r = self.records()
        r.insert(50, r.pop(400))
        self.put_records(r)
        self.assertEqual(self.shown_by(), {'verify', 'derived', 'writer'})
        self.assertIn('record 50:', self.verify)
        self.assertIn('it says that it was recorded before', self.derived)

    def test_04_backdate_the_event(self):
        """Entered by the program itself: no proof knows what is true. Place and time of recording show that it was entered late."""
        self.world.take(self.dir, rows(7000, 1, year=1990))
        self.assertEqual(self.shown_by(), set())
        r = self.records()[self.world.size]
        self.assertIn(b'1990-06', r)
        self.assertGreater(struct_recorded(r), struct_recorded(self.records()[self.world.size - 1]))

    def test_05_backdate_the_record(self):
        """Made by a program whose clock was set back, appended behind the program's back, published as it should be."""
        self.assertIn('runs behind the log', self.world.take(self.dir, rows(7000, 1), 1, program=('faketime', '-f', '-1d')).stderr.decode())
        old = os.path.join(self.top, 'old')
        shutil.copytree(self.world.early, old)
        stamp = (struct_recorded(log_files.records(old)[-1]) + 500) / 1000
        back = time.time() - stamp  # relative: of an absolute moment faketime reads whole seconds only
        self.world.take(old, rows(7000, 1), program=('faketime', '-f', '-%.3fs' % back))
        late = log_files.records(old)[-1]
        self.put_records(self.records() + [late])
        self.world.take(self.dir, '')
        self.assertEqual(log_files.checkpoint(self.dir).size, self.world.size + 1)
        self.assertEqual(self.shown_by(), {'derived'})
        self.assertIn(f'record {self.world.size}: it says that it was recorded before', self.derived)
        # Who holds the cosigned checkpoint sees it without the register: it was not there when the witness signed, later than it says.
        cosigned = log_files.Note(json.loads(self.world.receipts[500])['checkpoint'])
        self.assertLessEqual(cosigned.size, self.world.size)
        self.assertLess(struct_recorded(late), (cosigned.signed_by(self.world.witness_vkey) + 1) * 1000)  # it signs whole seconds

    def test_06_omit(self):
        """An act that nobody enters: the log proves what is in it."""
        self.world.take(self.dir, rows(7000, 5).split('\n', 1)[1])
        self.assertEqual(self.shown_by(), set())

    def test_07_swap_two_records(self):
        r = self.records()
        r[100], r[101] = r[101], r[100]
        self.sql(*[('UPDATE record SET bytes = ?, id = ? WHERE position = ?', (r[i], log_files.leaf(r[i]), i)) for i in (100, 101)])
        shown = self.shown_by()
        self.assertEqual(shown - {'derived'}, {'verify'})  # two of one millisecond derive to the same
        self.assertIn('record 100: the database has other bytes', self.verify)
        self.assertIn('record 101: the database has other bytes', self.verify)

    def test_08_edit_a_derived_row(self):
        self.sql('UPDATE item SET status = status + 1 WHERE subject = (SELECT MIN(subject) FROM item)', file=self.derived_file())
        self.assertEqual(self.shown_by(), {'derived'})
        self.assertIn('item: the table is not what the records derive to', self.derived)
        self.assertEqual(tool.athar('rebuild', '--data', self.dir).code, 0)
        self.assertEqual(tool.athar('verify', '--data', self.dir, '--derived').code, 0)

    def test_09_fork_for_one_reader(self):
        """Two logs of one key, each whole; this reader is shown the second. It grows from the same beginning."""
        shutil.rmtree(self.dir)
        shutil.copytree(self.world.early, self.dir)
        self.world.take(self.dir, rows(300, 250).replace('Glock', 'Colt'))
        self.assertEqual(self.shown_by(), {'receipt', 'witness'})
        self.assertIn('does not continue', self.asked)
        self.assertEqual(self.incidents, 1)
        self.assertFalse(self.receipt_says(500, self.run_receipt(500)))  # the reader's own receipt holds in the reader's log
        keep, self.dir = self.dir, self.world.r.dir
        try:
            self.assertTrue(self.receipt_says(500, text=self.reader))  # and not in the one that the others see
        finally:
            self.dir = keep

    def run_receipt(self, at):
        self.reader = tool.athar('receipt', '--data', self.dir, at).out
        return self.reader

    def test_10_rewind(self):
        """The whole disk as it was earlier."""
        shutil.rmtree(self.dir)
        shutil.copytree(self.world.early, self.dir)
        self.assertEqual(self.shown_by(), {'receipt', 'witness'})
        self.assertIn('longer than this one', self.asked)
        self.assertFalse(self.receipt_says(100, self.run_receipt(100)))

    def test_11_withhold_a_checkpoint(self):
        """Records go on, the published log stays where it was: no receipt can be had, the witness sees nothing new, verify counts what waits. The
        next that appends publishes it."""
        shutil.copytree(os.path.join(self.dir, 'log'), os.path.join(self.top, 'log'))
        self.world.take(self.dir, rows(7000, 5))
        shutil.rmtree(os.path.join(self.dir, 'log'))
        shutil.copytree(os.path.join(self.top, 'log'), os.path.join(self.dir, 'log'))
        self.assertEqual(tool.athar('receipt', '--data', self.dir, self.world.size + 1).code, 1)
        self.assertEqual(self.shown_by(), set())
        self.assertIn('5 more wait for the next checkpoint', self.verify)
        self.assertEqual(log_files.checkpoint(self.dir).size, self.world.size + 6)

    def test_12_replace_the_database(self):
        """Another history under the same keys, in the place of the database alone."""
        log = os.path.join(self.top, 'log')
        shutil.copytree(os.path.join(self.dir, 'log'), log)
        self.sealed_anew(lambda t: t.replace('BUCR0100', 'BUCR9999'))
        shutil.rmtree(os.path.join(self.dir, 'log'))
        shutil.move(log, os.path.join(self.dir, 'log'))
        self.refused_everywhere()
        self.assertEqual(self.shown_by(), {'verify', 'writer'})
        self.assertIn('the database has other bytes', self.verify)

    def test_13_forge_a_receipt(self):
        """With the key: signed, and a proof that leads to the root that was signed. Without it: nothing that check-receipt takes."""
        false = log_files.leaf(b'a record that never was')
        note = log_files.sign_checkpoint(os.path.join(self.dir, 'log.key'), 1, false)
        receipt = json.dumps({'checkpoint': note, 'origin': 'register.example/north', 'position': 0, 'proof': [], 'record': false.hex(), 'version': 1},
                             separators=(',', ':'), ensure_ascii=False).replace('\\n', '\\u000a')
        key = ('check-receipt', '-', '--key', self.world.vkey)
        self.assertEqual(tool.athar(*key, stdin=receipt.encode()).code, 0)  # nothing but the log or a witness shows it
        self.assertTrue(self.receipt_says(0, receipt))
        self.assertEqual(tool.athar(*key, '--witness', self.world.witness_vkey, stdin=receipt.encode()).code, 1)
        self.assertEqual(tool.athar(*key, '--witness', self.world.witness_vkey, stdin=self.world.receipts[500].encode()).code, 0)
        stolen = self.world.receipts[500].replace(log_files.leaf(self.records()[500]).hex(), false.hex())
        self.assertEqual(tool.athar(*key, stdin=stolen.encode()).code, 1)
        self.assertEqual(self.shown_by(), set())

    def test_14_reseal(self):
        """History made anew as a whole: other records, sealed with the register's keys, a new tree, signed with the log's key."""
        self.sealed_anew(lambda t: t.replace('BUCR0100', 'BUCR9999'))
        self.assertEqual(self.shown_by(), {'receipt', 'witness'})
        self.assertEqual(self.incidents, 1)

    def test_15_truncate(self):
        """The newest records cut off database and log, a shorter checkpoint signed."""
        self.put_records(self.records()[:400])
        self.publish_anew()
        self.assertEqual(self.shown_by(), {'receipt', 'witness'})
        self.assertIn('longer than this one', self.asked)

    def derived_rows(self):
        with sqlite3.connect(os.path.join(self.dir, self.derived_file())) as db:
            return self.derived_file(), db.execute('SELECT value FROM covered').fetchall(), db.execute('SELECT * FROM item ORDER BY subject').fetchall()

    def refused_everywhere(self):
        """Whoever would append or derive is refused, and what was derived of the log that was there stays as evidence."""
        before = self.derived_rows()
        subject = tool.athar('trace', '--data', self.dir, 'G1', '--json').json()['subject']
        for words in (['rebuild'], ['hold', subject, '--item', '--case', '7'], ['retain'], ['erase', '--again']):
            a = tool.athar(words[0], '--data', self.dir, *words[1:])
            self.assertEqual(a.code, 1, words)
            self.assertIn('continue the last signed checkpoint', a.err)
            self.assertEqual(self.derived_rows(), before, words)

    def test_16_truncate_the_database_alone(self):
        self.put_records(self.records()[:400])
        self.refused_everywhere()
        self.assertEqual(self.shown_by(), {'verify', 'writer', 'derived'})
        self.assertIn('record 400: the log has it', self.verify)

    def test_16_and_throw_the_derived_tables_away(self):
        """No table is begun on the word of a log that was cut back, by whom it may be: what is left of the tables may be what shows it."""
        self.put_records(self.records()[:400])
        os.rename(os.path.join(self.dir, self.derived_file()), os.path.join(self.top, 'aside'))
        a = tool.athar('verify', '--data', self.dir, '--derived')
        self.assertEqual(a.code, 1, a)
        self.assertIn('continue the last signed checkpoint', a.err)
        self.assertEqual([n for n in os.listdir(self.dir) if n.startswith('derived-') and n.endswith('.db')], [])

    def test_17_truncate_but_leave_what_the_witness_signed(self):
        keep = log_files.read(self.dir, 'cosigned')
        self.put_records(self.records()[:400])
        self.publish_anew()
        with open(os.path.join(self.dir, 'log', 'cosigned'), 'wb') as f:
            f.write(keep)
        with open(os.path.join(self.dir, 'witnesses'), 'w', encoding='utf-8') as f:
            f.write(f'{self.world.witness_vkey} http://127.0.0.1:1/\n')
        self.assertEqual(self.shown_by(), {'verify', 'receipt'})
        self.assertIn('this witness has seen', self.verify)

    def test_18_two_colluding_officers_enter_a_lie(self):
        """One enters, the other approves: the log holds who said so and when, and that nobody can take it back."""
        self.world.take(self.dir, rows(7000, 1).replace('Glock', 'Colt'))
        self.assertEqual(self.shown_by(), set())
        a = tool.athar('receipt', '--data', self.dir, self.world.size)
        self.assertEqual(a.code, 0)
        self.sql(f'DELETE FROM record WHERE position >= {self.world.size}')  # they repent
        self.assertTrue({'verify', 'writer'} <= self.shown_by())

    def test_19_keeper_of_the_log_and_keeper_of_the_only_witness(self):
        """The witness forgets what it saw: only receipts in other hands remain."""
        self.sealed_anew(lambda t: t.replace('BUCR0100', 'BUCR9999'))
        shutil.rmtree(os.path.join(self.keeper, 'seen'))
        os.mkdir(os.path.join(self.keeper, 'seen'))
        self.assertEqual(self.shown_by(), {'receipt'})

    def test_20_alter_the_public_log(self):
        for name, said in (('tile/0/001', 'tile/0/001|entry 256'), ('tile/1/000.p/2', 'tile/1/000'), ('tile/entries/001', 'entry 256|tile/entries/001')):
            with self.subTest(name):
                path = os.path.join(self.dir, 'log', name)
                with open(path, 'rb') as f:
                    was = f.read()
                with open(path, 'wb') as f:
                    f.write(was[:9] + bytes([was[9] ^ 1]) + was[10:])
                a = tool.athar('verify', '--data', self.dir)
                self.assertEqual(a.code, 1)
                self.assertRegex(a.out, said)
                with open(path, 'wb') as f:
                    f.write(was)
        os.remove(os.path.join(self.dir, 'log', 'tile/0/001'))
        self.assertIn('tile/0/001: the file is missing or cut', tool.athar('verify', '--data', self.dir).out)

    def test_21_exchange_the_key(self):
        """A new key signs all anew: who was given the old one sees it, who believes what lies there does not."""
        os.remove(os.path.join(self.dir, 'log.key'))
        shutil.rmtree(os.path.join(self.dir, 'log'))
        self.world.take(self.dir, '')
        self.assertEqual(tool.athar('verify', '--data', self.dir).code, 0)
        self.assertEqual(self.shown_by(), {'verify', 'receipt', 'witness'})
        self.assertIn('not signed by this log', self.verify)

    def test_22_edit_when_a_record_came(self):
        """`trace --known` goes by it."""
        self.sql('UPDATE record SET received = received - 86400000 WHERE position = 100')
        self.assertEqual(self.shown_by(), {'derived'})
        self.assertIn('record 100: the database says that it came at another time', self.derived)

    def test_23_edit_an_id(self):
        self.sql(('UPDATE record SET id = ? WHERE position = 100', (bytes(32),)))
        self.assertEqual(self.shown_by(), {'verify'})
        self.assertIn('record 100: the id beside it', self.verify)

    def test_24_edit_the_tree(self):
        r = self.records()
        r[100] = r[101]
        self.sql(('UPDATE meta SET value = ? WHERE name = ?', (log_files.edge([log_files.leaf(x) for x in r]), b'tree')))
        self.assertEqual(self.shown_by(), {'verify', 'writer'})
        self.assertIn('the tree that the database keeps', self.verify)

    def test_25_point_a_life_past_a_record(self):
        """The tables say where a firearm's records lie: the place of another record, and a life lacks one that stands in the log."""
        with sqlite3.connect(os.path.join(self.dir, self.derived_file())) as db:
            rows = db.execute('SELECT subject, position FROM item_record ORDER BY position').fetchall()
        subject, last = rows[-1]
        self.sql(('UPDATE item_record SET position = ? WHERE subject = ? AND position = ?', (rows[0][1], subject, last)), file=self.derived_file())
        self.assertEqual(self.shown_by(), {'derived'})
        self.assertIn('item_record: the table is not what the records derive to', self.derived)
        self.assertEqual(tool.athar('rebuild', '--data', self.dir).code, 0)
        self.sql('UPDATE record_at SET position = position + 1 WHERE position = 100', file=self.derived_file())
        self.assertEqual(self.shown_by(), {'derived'})
        self.assertIn('record_at: the table', self.derived)

    def test_the_documentation_says_the_same(self):
        """Runs last: each row of the table against what was seen above. 13 and 20 look at parts by themselves."""
        names = ('verify', 'derived', 'writer', 'receipt', 'witness')
        with open(os.path.join(tool.ROOT, 'docs', 'security.md'), encoding='utf-8') as f:
            table = {cells[1].strip(): {n for n, c in zip(names, cells[3:8]) if c.strip() == 'yes'}
                     for cells in (line.split('|') for line in f) if len(cells) > 8 and cells[1].strip().isdigit()}
        self.assertEqual(set(table), {n[5:7] for n in dir(self) if re.match(r'test_\d\d_', n)} - {'00'})
        for number, shown in self.seen.items():
            if number not in ('00', '13'):
                self.assertEqual(shown - ({'derived'} if number == '07' else set()), table[number], f'attack {number}')


def struct_recorded(record):
    """The time of recording in a record's header (docs/formats/record.md)."""
    at = 8
    for _ in range(2):  # origin, kind
        at += 1 + record[at]
    at += 32
    at += 1 + 17 * record[at]
    for _ in range(2):  # happened, discovered
        at += 1 + record[at]
    return int.from_bytes(record[at:at + 8], 'big')


if __name__ == '__main__':
    tool.main()
