#!/usr/bin/env python3
"""Fail when a text key that src/ or a template uses is in no English message file, when a key stands twice, or when a translation holds a key
that English lacks. A string literal is taken for a key when it has the form family.name and its family stands in the message
files. Usage: check_messages.py ROOT"""
import pathlib
import re
import sys


def read_keys(paths, bad):
    keys = {}
    for path in sorted(paths):
        for number, line in enumerate(path.read_text(encoding='utf-8').split('\n'), 1):
            if not line.strip() or line.lstrip().startswith('#'):
                continue
            key = line.split(':', 1)[0].strip()
            if key in keys:
                bad.append('%s:%d: %s stands also in %s' % (path, number, key, keys[key]))
            keys[key] = path
    return keys


def used_keys(root, families):
    for path in sorted(root.glob('src/**/*.[ch]')):
        text = re.sub(r'/\*.*?\*/', lambda m: '\n' * m[0].count('\n'), path.read_text(encoding='utf-8'), flags=re.S)
        for number, line in enumerate(text.split('\n'), 1):
            for key in re.findall(r'"([a-z_]+\.[a-z0-9_.]*[a-z0-9_])"', line):
                if key.split('.')[0] in families:
                    yield path, number, key
    for path in sorted(root.glob('web/templates/*.html')):
        for number, line in enumerate(path.read_text(encoding='utf-8').split('\n'), 1):
            for key in re.findall(r'\{\{t\.([A-Za-z0-9_.]+)', line):
                yield path, number, key


def main(root):
    bad = []
    folder = root / 'data/lang'
    english = read_keys([*folder.glob('en.msg'), *folder.glob('en.d/*.msg')], bad)
    families = {key.split('.')[0] for key in english}
    for path, number, key in used_keys(root, families):
        if key not in english and not key.endswith(('.msg', '.db')):
            bad.append('%s:%d: no text for %s' % (path, number, key))
    for other in sorted(p for p in folder.glob('*.msg') if p.stem != 'en'):
        for key, path in read_keys([other, *folder.glob(other.stem + '.d/*.msg')], bad).items():
            if key not in english:
                bad.append('%s: %s is not in English' % (path, key))
    if bad:
        sys.exit('\n'.join(bad))


main(pathlib.Path(sys.argv[1]))
