#!/usr/bin/env python3
"""What who runs a register meets: earlier and later versions of its tables, the service manager, metrics, logs, the doctor, manual pages."""
import os
import sqlite3
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import tool  # noqa: E402


class Versions(unittest.TestCase):
    def setUp(self):
        self.r = tool.Register().__enter__()
        self.addCleanup(self.r.__exit__)
        self.assertEqual(self.r.take(os.path.join(tool.MAPS, 'crime-gun-events.json'), tool.EVENTS).code, 0)

    def script(self, name, *statements):
        db = sqlite3.connect(os.path.join(self.r.dir, name))
        for s in statements:
            db.execute(s)
        db.commit()
        db.close()

    def version(self):
        db = sqlite3.connect(f'file:{self.r.dir}/register.db?mode=ro', uri=True)
        value = bytes(db.execute("SELECT value FROM meta WHERE name = CAST('schema' AS BLOB)").fetchone()[0])
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        db.close()
        return value, tables

    def test_an_earlier_one_is_brought_up(self):
        new, before = self.version(), self.r.digest()
        for words in (('search', 'ABE573528'), ('rebuild', '--digest'), ('rebuild',)):
            self.script('register.db', 'DROP TABLE document', "UPDATE meta SET value = CAST('1' AS BLOB) WHERE name = CAST('schema' AS BLOB)")
            saved = self.r.run('backup', self.r.path('target'))
            self.assertEqual((saved.code, self.version()[0]), (0, b'1'), 'a backup takes it as it is')
            self.assertEqual(self.r.run(*words).code, 0, words)
            self.assertEqual(self.version(), new)
        self.assertEqual(self.r.digest(), before)

    def test_a_later_one_is_left_alone(self):
        self.script('register.db', "UPDATE meta SET value = CAST('99' AS BLOB) WHERE name = CAST('schema' AS BLOB)")
        for words in (('search', 'ABE573528'), ('rebuild',), ('serve', '--listen', '127.0.0.1:0'), ('backup', self.r.path('target'))):
            a = self.r.run(*words)
            self.assertEqual(a.code, 1, a)
            self.assertIn('newer program', a.err)
        self.assertEqual(self.version()[0], b'99')

    def test_a_later_one_of_accounts(self):
        add = ('add', 'amal', '--role', 'auditor')
        self.assertEqual(tool.athar('account', *add, '--data', self.r.dir).code, 0)
        self.script('accounts.db', "UPDATE setting SET value = CAST('99' AS BLOB) WHERE name = CAST('schema' AS BLOB)")
        a = tool.athar('account', 'reset', 'amal', '--data', self.r.dir)
        self.assertEqual(a.code, 1, a)
        self.assertIn('newer program', a.err)


if __name__ == '__main__':
    tool.main()
