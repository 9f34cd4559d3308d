#!/usr/bin/env python3
"""Fail when a text key that src/ or a template uses is in no English message file, when a key stands twice, or when a translation does not
go with English: a key that English lacks, another set of arguments, an argument of another form, a select without a branch of
English's, a plural without a category of the language, an isolate (U+2066 .. U+2069) that is not closed. Keys that a translation lacks fall in from
English; they are counted. A string literal is taken for a key when it has the form family.name and its family stands in the message files.
Usage: check_messages.py ROOT"""
import pathlib
import re
import sys

# CLDR 42, cardinal, for whole numbers; "=0", "=1", "=2" stand for zero, one, two.
CATEGORIES = {'ar': ['zero', 'one', 'two', 'few', 'many', 'other'], 'es': ['one', 'many', 'other'], 'fr': ['one', 'many', 'other'],
              'ru': ['one', 'few', 'many', 'other'], 'zh': ['other']}
EXACT = {'zero': '=0', 'one': '=1', 'two': '=2'}


def read_texts(paths, bad):
    texts = {}
    for path in sorted(paths):
        for number, line in enumerate(path.read_text(encoding='utf-8').split('\n'), 1):
            if not line.strip() or line.lstrip().startswith('#'):
                continue
            key, _, text = line.partition(':')
            if key.strip() in texts:
                bad.append('%s:%d: %s stands also in %s' % (path, number, key, texts[key.strip()][0]))
            texts[key.strip()] = (path, number, text.strip())
    return texts


class Message:
    """The arguments of a text: name -> (form, branch keys); the forms of src/lang/lang.h."""

    def __init__(self, text):
        self.arguments = {}
        self.literals = ''
        self.text = re.sub(r"''", '\0', text)
        self.at = 0
        self.parts(0)

    def parts(self, depth):
        quoted = False
        while self.at < len(self.text):
            c, ahead = self.text[self.at], self.text[self.at + 1:self.at + 2]
            self.at += 1
            if c == "'" and (quoted or ahead in ('{', '}')):
                quoted = not quoted
            elif quoted or c not in '{}':
                self.literals += c
            elif c == '}':
                return
            else:
                self.argument(depth)

    def argument(self, depth):
        name, _, rest = re.match(r'\s*([\w-]+)\s*(,)?\s*([\w-]*)\s*,?\s*', self.text[self.at:]).groups()
        form = rest or 'text'
        self.at += re.match(r'\s*[\w-]+\s*(,\s*[\w-]*\s*,?)?\s*', self.text[self.at:]).end()
        branches = []
        while form in ('plural', 'select') and self.text[self.at:self.at + 1] != '}' and self.at < len(self.text):
            branch = re.match(r'\s*([\w=-]+)\s*\{', self.text[self.at:])
            branches.append(branch[1])
            self.at += branch.end()
            self.parts(depth + 1)
            self.at += re.match(r'\s*', self.text[self.at:]).end()
        self.at += 1
        self.arguments.setdefault(name, []).append((form, branches))

    def form(self, name):
        """What a caller gives it as: an identifier, a date, one word of several, or a text or number."""
        forms = {form for form, _ in self.arguments[name]}
        return next((form for form in ('id', 'date', 'select') if form in forms), 'text')

    def choices(self, name):
        return {branch for form, branches in self.arguments[name] if form == 'select' for branch in branches}


def against_english(tag, english, text):
    ours, theirs = Message(english), Message(text)
    for name in sorted({*ours.arguments} ^ {*theirs.arguments}):
        yield 'argument {%s} is %s' % (name, 'not in English' if name in theirs.arguments else 'missing')
    for name in sorted({*ours.arguments} & {*theirs.arguments}):
        if ours.form(name) != theirs.form(name):
            yield '{%s} is %s, in English %s' % (name, theirs.form(name), ours.form(name))
        for branch in sorted(ours.choices(name) ^ theirs.choices(name)):
            yield '{%s}: branch %s is in one of the two only' % (name, branch)
    for name, uses in theirs.arguments.items():
        for form, branches in uses:
            if form != 'plural' or branches == ['other']:
                continue
            for category in CATEGORIES.get(tag, ['other']):
                if category not in branches and EXACT.get(category) not in branches:
                    yield '{%s, plural}: no branch for %s' % (name, category)
    depth = 0
    for c in theirs.literals:
        depth += (c in '\u2066\u2067\u2068') - (c == '\u2069')
        if depth < 0:
            break
    if depth:
        yield 'an isolate is not closed, or closed without being open'


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


def check_translation(folder, tag, english, bad):
    texts = read_texts([*folder.glob(tag + '.msg'), *folder.glob(tag + '.d/*.msg')], bad)
    for key, (path, number, text) in texts.items():
        if key not in english:
            bad.append('%s:%d: %s is not in English' % (path, number, key))
            continue
        bad += ['%s:%d: %s: %s' % (path, number, key, why) for why in against_english(tag, english[key][2], text)]
    missing = sum(key not in texts for key in english)
    if missing:
        print('%s: %d of %d texts are not translated' % (tag, missing, len(english)))


def main(root):
    bad = []
    folder = root / 'data/lang'
    english = read_texts([*folder.glob('en.msg'), *folder.glob('en.d/*.msg')], bad)
    families = {key.split('.')[0] for key in english}
    for path, number, key in used_keys(root, families):
        if key not in english and not key.endswith(('.msg', '.db')):
            bad.append('%s:%d: no text for %s' % (path, number, key))
    for other in sorted(p for p in folder.glob('*.msg') if p.stem != 'en'):
        check_translation(folder, other.stem, english, bad)
    if bad:
        sys.exit('\n'.join(bad))


main(pathlib.Path(sys.argv[1]))
