#!/usr/bin/env python3
"""What ./demo tells its reader is so."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import tool  # noqa: E402


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.r = tool.Register().__enter__()
        cls.r.take(os.path.join(tool.MAPS, 'crime-gun-events.json'), tool.EVENTS)
        cls.r.take(os.path.join(tool.MAPS, 'sample.json'), tool.sample(20000, 1, cls.r.path('sample.csv')))

    @classmethod
    def tearDownClass(cls):
        cls.r.__exit__()

    def first(self, *words):
        return self.r.run('search', *words, '--json').json()['candidates'][0]['external_id']

    def test_real_gun_to_its_last_known_seller(self):
        self.assertEqual(self.first('ABE57?528', '--make', 'Taurus'), '3')
        legal = self.r.run('trace', '3', '--json').json()['last_legal']
        self.assertEqual((legal['role'], legal['who'], legal['happened']), ('seller', 'Dealer 002', '2020-07-02'))

    def test_damaged_mark_to_its_last_lawful_holder(self):
        self.assertEqual(self.first('?27852', '--make', 'CZ'), 'G000017787')
        line = self.r.run('trace', 'G000017787', '--json').json()
        self.assertEqual(line['last_legal']['who'], 'María Ávila')
        self.assertEqual(line['diversion']['kind'], 'theft')


if __name__ == '__main__':
    tool.main()
