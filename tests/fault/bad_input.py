#!/usr/bin/env python3
"""Bad input, each tried on a register that holds something: one clear sentence that names the field, the value and what is
accepted (or a line in the reject file), exit 1, and the register as it was."""
import csv
import io
import json
import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import tool  # noqa: E402

HEADING = 'id,make,serial,on\n'
GOOD = 'G1,Taurus,TLB71835,1/2/1993\n'
MAP = {'source': 'bad-input', 'row_key': 'id', 'external_id': 'id', 'item': {'make': 'make'},
       'records': [{'kind': 'registered', 'describe': True, 'mark': {'text': 'serial'}, 'if': {'column': 'id'},
                    'happened': {'column': 'on', 'pattern': 'D/M/YYYY'}}]}


def changed(**members):
    return json.dumps({**MAP, **members})


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.r = tool.Register().__enter__()
        cls.map = cls.r.write('map.json', json.dumps(MAP))
        assert cls.r.take(cls.map, cls.r.write('good.csv', HEADING + GOOD)).json()['added'] == 1

    @classmethod
    def tearDownClass(cls):
        cls.r.__exit__()

    def setUp(self):
        self.before = self.r.digest()

    def tearDown(self):
        self.assertEqual(self.r.digest(), self.before, 'the register changed')

    def refused(self, a, *words):
        """One sentence on standard error with all these words, exit 1."""
        self.assertEqual(a.code, 1, a)
        self.assertRegex(a.err, r'^athar: [^\n]+\.\n$')
        self.assertNotRegex(a.err, r'\b(want|err)\.[a-z_]+|ERR_|  |“”', 'a key or a value without its text')
        for word in words:
            self.assertIn(word, a.err)

    def row_rejected(self, row, *words):
        """The row alone goes to the reject file; line, field, value, reason and what is accepted are all said."""
        a = self.r.take(self.map, self.r.write('rows.csv', HEADING.encode() + row))
        self.assertEqual(a.code, 0, a)
        c = a.json()
        self.assertEqual((c['added'], c['rejected'], c['records']), (0, 1, 0), c)
        cells = next(csv.reader(io.StringIO('\n'.join(self.r.rejected()))))
        self.assertEqual(len(cells), 5)
        self.assertEqual(cells[0], '2')
        for cell in cells[1:2] + cells[3:]:
            self.assertNotEqual(cell, '')
        for cell in cells[1:]:
            self.assertNotRegex(cell, r'^(want|err)\.|^ERR_')
        for word in words:
            self.assertIn(word, ','.join(cells))

    # ---- cells ----

    def test_field_of_10_mb(self):
        self.row_rejected(b'B1,Taurus,' + b'A' * 10_000_000 + b',1/2/2003\n', 'serial', 'AAAA', '65536')

    def test_row_of_20_mb(self):
        row = b','.join([b'B1'] + [b'A' * 60000] * 350)
        self.refused(self.r.take(self.map, self.r.write('row.csv', HEADING.encode() + row)), 'Line 2', '16 MiB')

    def test_nul_byte(self):
        self.row_rejected(b'B2,Tau\0rus,X1,1/2/2003\n', 'make', 'Tau?rus', 'NUL')

    def test_wrong_encoding(self):
        self.row_rejected(b'B3,Taur\xfcs,X1,1/2/2003\n', 'make', 'Taur?s', 'UTF-8')

    def test_wrong_date_order(self):
        self.row_rejected(b'B4,Taurus,X1,12/13/2003\n', '12/13/2003', 'day')

    def test_other_date_form(self):
        self.row_rejected(b'B5,Taurus,X1,2003-12-13\n', '2003-12-13', 'order')

    def test_day_that_is_not(self):
        self.row_rejected(b'B6,Taurus,X1,31/2/2003\n', '31/2/2003')

    def test_day_to_come(self):
        self.row_rejected(b'B7,Taurus,X1,1/2/2199\n', '2199-02-01', 'future')

    def test_too_few_cells(self):
        self.row_rejected(b'B8,Taurus\n', '2')

    def test_row_without_key(self):
        self.row_rejected(b',Taurus,X1,1/2/2003\n')

    def test_mark_too_long(self):
        self.row_rejected(b'B9,Taurus,' + b'7' * 60000 + b',1/2/2003\n', '7777')

    def test_good_rows_beside_bad_ones_are_taken(self):
        with tool.Register() as r:
            a = r.take(self.map, r.write('rows.csv', HEADING.encode() + b'B1,T\0,X,1/2/2003\nC1,Colt,SS14021,1/2/2003\n')).json()
            self.assertEqual((a['added'], a['rejected']), (1, 1))

    # ---- files ----

    def test_unknown_column(self):
        self.refused(self.r.take(self.map, self.r.write('column.csv', 'id,make,serial,when\n' + GOOD)), '“on”', 'column')

    def test_quotation_mark_left_open(self):
        self.refused(self.r.take(self.map, self.r.write('open.csv', HEADING + 'B1,Taurus,"X1,1/2/2003\n')), 'quotation mark')

    def endless(self, shell):
        return tool.athar('import', '--data', self.r.dir, '--map', self.map, '-', before=lambda: self.pipe(shell))

    def pipe(self, shell):
        read, write = os.pipe()
        if os.fork() == 0:
            os.dup2(write, 1)
            os.close(read)
            os.execvp('sh', ['sh', '-c', shell])
        os.dup2(read, 0)
        os.close(write)
        os.close(read)

    def test_line_that_never_ends(self):
        self.refused(self.endless('yes | tr -d "\\n"'), 'Line 1', '16 MiB')

    def test_cell_that_never_ends(self):
        self.refused(self.endless('printf "id,make,serial,on\\nB1,Taurus,\\""; yes'), 'Line 2', 'quotation mark')

    def test_zeros_that_never_end(self):
        self.refused(self.r.take(self.map, '/dev/zero'), 'Line 1')

    def test_nothing_at_all(self):
        self.refused(self.r.take(self.map, '/dev/null'), 'empty', 'columns')

    def test_no_such_file(self):
        self.refused(self.r.take(self.map, self.r.path('nowhere.csv')), 'nowhere.csv', 'exists')

    def test_folder_for_a_file(self):
        self.refused(self.r.take(self.map, self.r.top), 'file')

    def test_not_a_table(self):
        self.refused(self.r.take(self.map, tool.ATHAR))

    # ---- mapping files ----

    def bad_map(self, text, *words):
        self.refused(self.r.take(self.r.write('bad.json', text), self.r.path('good.csv')), *words)

    def test_map_that_is_not_there(self):
        self.refused(self.r.take(self.r.path('nowhere.json'), self.r.path('good.csv')), '--map', 'nowhere.json')

    def test_map_that_is_not_json(self):
        self.bad_map('{"source": ', '--map', 'JSON')

    def test_map_with_a_misspelt_member(self):
        self.bad_map(changed(row_kay='id'), 'row_kay')

    def test_map_with_an_unknown_kind(self):
        self.bad_map(changed(records=[{'kind': 'bought'}]), 'records[0].kind', 'bought', 'profile')

    def test_map_with_a_bad_date_pattern(self):
        records = [{**MAP['records'][0], 'happened': {'column': 'on', 'pattern': 'QQ/WW'}}]
        self.bad_map(changed(records=records), 'QQ/WW')

    def test_map_with_an_unknown_encoding(self):
        self.bad_map(changed(encoding='EBCDIC'), 'EBCDIC')

    def test_map_of_endless_depth(self):
        self.bad_map('[' * 100000, '--map')

    # ---- patterns ----

    def search(self, *words):
        return self.r.run('search', *words)

    def test_pattern_of_a_star_only(self):
        for pattern in ('*', '**', '?', '?*', '[A', ''):
            self.refused(self.search(pattern), 'Mark as read', '[0OQ]' if '[' in pattern else 'can be read')

    def test_pattern_of_200_characters(self):
        self.refused(self.search('A1' * 100), '30 characters')
        self.refused(self.search('?' * 200))
        self.refused(self.search('[AB]' * 50))

    def test_pattern_of_10_mb(self):
        a = self.r.run('search', '--batch', '-', stdin=json.dumps({'qid': 1, 'pattern': 'A' * 10_000_000}).encode() + b'\n')
        self.assertEqual(a.code, 0, a)
        self.assertIn('error', json.loads(a.out))

    def test_pattern_that_is_not_utf8(self):
        self.refused(self.search(b'AB\xff12'.decode('utf-8', 'surrogateescape')), 'UTF-8')

    def test_other_arguments(self):
        self.refused(self.search('AB12', '--year', 'MCMXC'), 'ear', 'MCMXC')
        self.refused(self.search('AB12', '--limit', '-1'), '-1')
        self.refused(self.r.run('trace', 'G1', '--as-of', '13/12/2020'), '13/12/2020')
        self.refused(self.r.run('trace', 'NOBODY'), 'NOBODY')

    def test_batch_lines_that_are_not_json(self):
        a = self.r.run('search', '--batch', '-', stdin=b'\n{"qid": 1\n[]\n\xff\xfe\n{"qid": 2, "pattern": "TLB71835"}\n')
        self.assertEqual(a.code, 0, a)
        self.assertEqual(json.loads(a.out.splitlines()[-1])['ids'], ['G1'])

    def test_damaged_register_is_named(self):
        with tool.Register() as r:
            with open(os.path.join(r.dir, 'register.db'), 'r+b') as f:
                f.write(b'\xff' * 4096)
            self.refused(r.run('search', 'AB12'))

    def test_missing_key_is_named(self):
        with tool.Register() as r:
            shutil.rmtree(os.path.join(r.dir, 'keystore'))
            self.refused(r.run('search', 'AB12'), 'key')

    def test_damaged_index_is_made_again(self):
        with tool.Register() as r:
            r.take(self.map, self.r.path('good.csv'))
            snap = os.path.join(r.dir, 'index.snap')
            for at in (0, 20, 60, 100):
                with open(snap, 'r+b') as f:
                    f.seek(at)
                    old = f.read(1)
                    f.seek(at)
                    f.write(bytes([old[0] ^ 1]))
                found = r.run('search', 'TLB7?835', '--json').json()['candidates']
                self.assertEqual(found[0]['external_id'], 'G1')


if __name__ == '__main__':
    tool.main()
