#!/usr/bin/env python3
"""Fail when an include in src/ runs against the arrows of ARCHITECTURE.md. Usage: check_arrows.py ROOT"""
import pathlib
import re
import sys

ALLOWED = {  # folder -> folders whose headers it may include (besides its own)
    'base': set(),
    'lang': {'base'},
    'domain': {'base'},
    'keys': {'base', 'domain'},
    'store': {'base', 'lang', 'domain', 'keys'},
    'ledger': {'base', 'lang', 'domain', 'store'},
    'marks': {'base', 'lang', 'domain', 'store'},
    'ballistics': {'base', 'lang', 'domain', 'store'},
    'people': {'base', 'lang', 'domain', 'keys', 'store', 'ledger'},
    'backup': {'base', 'ledger'},
    'trace': {'base', 'lang', 'domain', 'store', 'ledger', 'marks'},
    'sample': {'base', 'lang', 'domain'},
    'intake': {'base', 'lang', 'domain', 'keys', 'store', 'ledger', 'marks'},
    'entry': {'base', 'lang', 'domain', 'keys', 'store', 'ledger', 'marks'},
    'use': {'base', 'lang', 'domain', 'keys', 'store', 'ledger', 'marks', 'ballistics', 'people', 'trace', 'intake', 'entry', 'backup'},
    'web': {'base', 'lang', 'domain', 'store', 'ledger', 'marks', 'ballistics', 'people', 'trace', 'use', 'intake'},
    'cli': {'base', 'lang', 'domain', 'keys', 'store', 'ledger', 'marks', 'ballistics', 'people', 'trace', 'use', 'web', 'intake', 'backup', 'sample'},
}

# Files that take only these headers, so that a program without keys or database can be made of them.
LEDGER = {'base', *('ledger/%s.h' % name for name in ('check', 'tree', 'proof', 'note', 'tile', 'tiles', 'shelf', 'log_key', 'publish',
                                                      'verify', 'receipt', 'witness', 'folder'))}
ALONE = {'ledger/check': {'base', 'ledger/check.h'}, 'ledger/tree': {'base', 'ledger/tree.h'}, 'ledger/note': {'base', 'ledger/note.h'},
         'ledger/tile': {'base', 'ledger/tile.h'}, **{'ledger/' + name: LEDGER for name in (
             'proof', 'tiles', 'shelf', 'log_key', 'publish', 'verify', 'receipt', 'witness', 'folder')}}


def main(root):
    bad = []
    for path in sorted(pathlib.Path(root, 'src').rglob('*.[ch]')):
        rel = path.relative_to(pathlib.Path(root, 'src'))
        folder = rel.parts[0]
        if folder not in ALLOWED:
            bad.append('%s: folder %s has no place in the arrows' % (rel, folder))
            continue
        for number, line in enumerate(path.read_text(encoding='utf-8').split('\n'), 1):
            found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not found:
                continue
            target = found.group(1).split('/')[0]
            alone = ALONE.get(str(rel.with_suffix('')))
            if alone and target not in alone and found.group(1) not in alone:
                bad.append('%s:%d: may not include "%s"' % (rel, number, found.group(1)))
            if target != folder and target not in ALLOWED[folder]:
                bad.append('%s:%d: %s may not include "%s"' % (rel, number, folder, found.group(1)))
    if bad:
        sys.exit('\n'.join(bad))


main(sys.argv[1])
