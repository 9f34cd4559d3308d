#!/usr/bin/env python3
"""Fail when a page of the documentation links to a file that is not there, or a source file cites a page in docs/ that does not
exist. Usage: check_links.py ROOT"""
import pathlib
import re
import subprocess
import sys


def links(page):
    text = re.sub(r'```.*?```|^    .*?$', '', page.read_text(encoding='utf-8'), flags=re.S | re.M)
    for target in re.findall(r'\]\(([^)\s]+)\)', text):
        if not re.match(r'[a-z]+:|#', target):
            yield page.parent / target.split('#')[0]


def cited(root, source):
    for name in re.findall(r'\bdocs/[\w/-]+\.(?:md|json)', source.read_text(encoding='utf-8', errors='replace')):
        yield root / name


def main(root):
    files = subprocess.run(['find', root, '-name', 'node_modules', '-prune', '-o', '-path', f'{root}/build*', '-prune', '-o', '-type', 'f', '-print'],
                           capture_output=True, text=True, check=True).stdout.split('\n')
    bad = []
    for file in sorted(map(pathlib.Path, filter(None, files))):
        if file.suffix == '.md':
            bad += [f'{file}: {target} is not there' for target in links(file) if not target.exists()]
        elif file.suffix in ('.c', '.h', '.msg', '.sql', '.py'):
            bad += [f'{file}: {target} is not there' for target in cited(root, file) if not target.exists()]
    if bad:
        sys.exit('\n'.join(bad))


main(pathlib.Path(sys.argv[1]))
