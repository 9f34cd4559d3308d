#!/usr/bin/env python3
"""The 635 real crime-gun events through the whole program: what it says of each is what their publishers' own columns say.
Figures: data/examples/crime-gun-events/README.md, "Known answers"."""
import collections
import csv
import datetime
import json
import os
import statistics
import sys
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import tool  # noqa: E402


class Events(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(tool.EVENTS, encoding='utf-8', newline='') as f:
            cls.rows = {row['source_row']: row for row in csv.DictReader(f)}
        cls.r = tool.Register().__enter__()
        cls.map = os.path.join(tool.MAPS, 'crime-gun-events.json')
        cls.counts = cls.r.take(cls.map, tool.EVENTS).json()
        today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        cls.future = [n for n, row in cls.rows.items() if row['crime_date'] > today]  # typing errors of the source
        known = [n for n in cls.rows if n not in cls.future]
        with tool.Served(cls.r) as address:  # the verb tells the same: test_the_verb_and_the_server_tell_the_same
            cls.line = {n: cls.told(address, n) for n in known}
        cls.days = {n: v['time_to_crime']['days'] for n, v in cls.line.items() if 'days' in v.get('time_to_crime', {})}

    @classmethod
    def tearDownClass(cls):
        cls.r.__exit__()

    @staticmethod
    def told(address, n):
        with urllib.request.urlopen(f'{address}/api/v1/firearms/{n}', timeout=60) as a:
            return json.load(a)

    def test_the_verb_and_the_server_tell_the_same(self):
        for n in list(self.line)[::25]:
            self.assertEqual(self.r.run('trace', n, '--json').json(), self.line[n])

    def stated(self, n):
        return int(float(self.rows[n]['time_to_crime'])) if self.rows[n]['time_to_crime'] else None

    def test_every_row_is_in_or_rejected_with_a_reason(self):
        c = self.counts
        self.assertEqual((c['rows'], c['added'], c['rejected']), (635, 635 - len(self.future), len(self.future)))
        if self.future:
            self.assertTrue(all('future' in line for line in self.r.rejected()), self.r.rejected())

    def test_reading_it_again_adds_nothing(self):
        c = self.r.take(self.map, tool.EVENTS).json()
        self.assertEqual((c['added'], c['changed'], c['unchanged'], c['records']), (0, 0, 635 - len(self.future), 0))

    def test_time_to_crime_of_the_451_rows(self):
        three = [n for n, row in self.rows.items() if row['sale_date'] and row['crime_date'] and row['time_to_crime']]
        self.assertEqual(len(three), 451)
        said = {n: self.days[n] for n in three if n not in self.future}
        self.assertEqual(said, {n: self.stated(n) for n in said})
        self.assertEqual(len(said), 451 - len([n for n in three if n in self.future]))

    def test_unknown_is_never_zero(self):
        for n, line in self.line.items():
            row = self.rows[n]
            if not (row['sale_date'] and row['crime_date']):
                self.assertNotIn('days', line.get('time_to_crime', {}), n)

    def test_published_figures(self):
        """Of the 489 rows with days stated, the program's own count where it has both dates."""
        days = [self.days.get(n, self.stated(n)) for n in self.rows if self.stated(n) is not None]
        self.assertEqual((len(days), min(days), statistics.median(days), max(days)), (489, 0, 948, 16840))
        self.assertEqual(sum(d < 1095 for d in days), 262)

    def test_short_is_below_three_years(self):
        for n, days in self.days.items():
            self.assertEqual(self.line[n]['time_to_crime']['short'], 'yes' if days < 1095 else 'no', n)

    def test_last_known_seller(self):
        for n, line in self.line.items():
            self.assertEqual(line.get('last_legal', {}).get('who', ''), self.rows[n]['dealer_name'], n)

    def test_sold_where_the_dealer_is(self):
        names = {'Delaware (USA)': 'DE', 'Pennsylvania (USA)': 'PA', 'Georgia (USA)': 'GA', 'Virginia (USA)': 'VA', 'South Carolina (USA)': 'SC'}
        places = [self.line[n]['steps'][0].get('place', '') if n in self.line else self.rows[n]['dealer_state'] for n in self.rows]
        states = collections.Counter(names.get(place, place) for place in places)
        self.assertEqual([states[s] for s in ('DE', 'PA', 'GA', 'VA', 'SC', '')], [379, 74, 29, 21, 15, 37])

    def test_serials_in_several_rows_find_them_all(self):
        rows = collections.defaultdict(set)
        for n, row in self.rows.items():
            if row['firearm_serial'] and n not in self.future:
                rows[row['firearm_serial']].add(n)
        twice = {serial: ids for serial, ids in rows.items() if len(ids) > 1}
        self.assertEqual(len(twice), 17)
        for serial, ids in twice.items():
            if serial.isalnum() and len(serial) > 3:
                found = self.r.run('search', serial, '--errors', '0', '--limit', '0', '--json').json()['candidates']
                self.assertLessEqual(ids, {c['external_id'] for c in found}, serial)

    def test_nobody_is_called_a_wrongdoer(self):
        for n, line in self.line.items():
            self.assertEqual(line['contradictions'], [], n)
            if line.get('diversion'):
                self.assertTrue(line['diversion']['proposed'], n)

    def test_rebuild_equals(self):
        before = self.r.digest()
        self.assertEqual(before['item'][0], 635 - len(self.future))
        self.assertEqual(self.r.rebuild(), before)


class Ahead(unittest.TestCase):
    """Rows that an import derives on the way count only while they are the whole story of their firearms."""
    COLUMNS = 'row,gun,make,calibre,serial,on,to\n'

    def mapping(self, **more):
        return json.dumps({'source': 'ahead', 'row_key': 'row', 'item': {'make': 'make', 'calibre': 'calibre'},
                           'records': [{'kind': 'registered', 'describe': True, 'mark': {'text': 'serial'}, 'happened': 'on',
                                        'parties': [{'role': 'to', 'class': 'DEALER', 'name': 'to'}]}], **more})

    def taken(self, r, mapping, rows):
        a = r.take(r.write('map.json', mapping), r.write('rows.csv', self.COLUMNS + rows))
        self.assertEqual(a.code, 0, a)
        self.assertEqual(r.digest(), r.rebuild(), 'tables differ from what the log comes to')
        return r.digest()

    def test_firearm_known_from_another_table(self):
        with tool.Register() as r:
            self.taken(r, self.mapping(row_key='gun', subject_key='row'), 'G1,R1,Glock,9x19,ABC123,2001-02-03,First\n')
            digest = self.taken(r, self.mapping(), 'G1,R9,Glock,9x19,ABC123,2002-02-03,Second\nG2,R8,Colt,.45,XY9876,2003-02-03,Second\n')
            self.assertEqual((digest['item'][0], digest['item_record'][0]), (2, 3))

    def test_changed_rows_beside_new_ones(self):
        with tool.Register() as r:
            self.taken(r, self.mapping(), 'G1,,Glock,9x19,ABC123,2001-02-03,First\nG2,,Colt,.45,XY9876,2003-02-03,Second\n')
            digest = self.taken(r, self.mapping(), 'G1,,Glock,9x19,ABC124,2001-02-03,First\nG3,,Walther,9x19,W55555,2003-02-03,Third\n')
            self.assertEqual((digest['item'][0], digest['item_record'][0]), (3, 4))
            found = r.run('search', 'ABC124', '--json').json()['candidates']
            self.assertEqual(found[0]['mark']['text'], 'ABC124')

    def test_one_firearm_in_two_rows(self):
        with tool.Register() as r:
            digest = self.taken(r, self.mapping(subject_key='gun'),
                                'G1,A,Glock,9x19,ABC123,2001-02-03,First\nG2,A,Glock,9x19,ABC123,2003-02-03,Second\n')
            self.assertEqual((digest['item'][0], digest['item_record'][0]), (1, 2))


if __name__ == '__main__':
    tool.main()
