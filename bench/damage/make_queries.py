#!/usr/bin/env python3
"""Damaged readings of guns that are in a register and, as many, of guns that are not, as queries for `athar search --batch`.

usage: make_queries.py REGISTER.csv ABSENT.csv QUERIES_A_CLASS SEED > QUERIES.jsonl

Both tables come from one run of `athar sample`: each eleventh gun is held back, so that the two differ in nothing but being
registered. One object a line: {qid, pattern, make?, model?, calibre?, type?, country?, year?, class,
attributes, truth}; the last three are for evaluate.py, the program ignores them. Half of each class is absent (truth null).
"""
import csv
import json
import os
import random
import sys

SEPARATORS = "-/. "
ALPHABET = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
LOOKALIKE = {"0": "OQD", "O": "0", "Q": "0", "D": "0", "1": "I", "I": "1", "2": "Z", "Z": "2", "5": "S", "S": "5", "6": "G", "G": "6", "8": "B", "B": "8"}
FIELDS = ("make", "model", "calibre", "type", "country", "year")
LEAST = 5


def read_rows(path, rng, want):
    """`want` rows of the table at random, without holding it."""
    size = os.path.getsize(path)
    with open(path, "rb") as f:
        header = next(csv.reader([f.readline().decode()]))
        rows = []
        while len(rows) < want:
            f.seek(rng.randrange(len(",".join(header)), size))
            f.readline()
            line = f.readline().decode()
            if line:
                rows.append(dict(zip(header, next(csv.reader([line])))))
    return rows


class Damage:
    def __init__(self, parameters, rng):
        self.p, self.rng = parameters, rng
        self.shapes = {}
        for pair, weight in parameters["confusions"].items():
            for a, b in (pair, pair[::-1]):
                self.shapes.setdefault(a, []).append((b, weight))

    def place(self, chars):
        return self.rng.randrange(len(chars))

    def like(self, c):
        """Another character, by shape where one is known."""
        options = self.shapes.get(c)
        if options and self.rng.random() < self.p["substitution_by_shape"]:
            return self.rng.choices([o[0] for o in options], [o[1] for o in options])[0]
        return self.rng.choice(ALPHABET.replace(c, ""))

    def edit(self, chars):
        kinds = self.p["edits"]
        kind = self.rng.choices(list(kinds), list(kinds.values()))[0]
        i = self.place(chars)
        if kind == "substitution":
            chars[i] = self.like(chars[i])
        elif kind == "deletion":
            del chars[i]
        elif kind == "insertion":
            chars.insert(i, self.rng.choice(ALPHABET))
        elif i + 1 < len(chars):
            chars[i], chars[i + 1] = chars[i + 1], chars[i]

    def hide(self, chars, count):
        for i in self.rng.sample(range(len(chars)), count):
            chars[i] = "?"

    def lookalike(self, chars):
        places = [i for i, c in enumerate(chars) if c in LOOKALIKE]
        if not places:
            return False
        i = self.rng.choice(places)
        chars[i] = self.rng.choice(LOOKALIKE[chars[i]])
        return True

    def one_of_several(self, chars):
        places = [i for i, c in enumerate(chars) if c in self.shapes]
        if not places:
            return False
        i = self.rng.choice(places)
        others = {self.like(chars[i]) for _ in range(2)}
        chars[i] = "[" + "".join(sorted(others | {chars[i]})) + "]"
        return True

    def lose(self, chars, where):
        share = self.p["lost_characters"]
        n = self.rng.choices(range(1, len(share) + 1), share)[0]
        if len(chars) - n < 4:
            return False
        i = {"leading_lost": 0, "trailing_lost": len(chars) - n}.get(where)
        i = self.rng.randrange(1, len(chars) - n) if i is None else i
        chars[i:i + n] = "*"
        return True

    def mixed(self, chars):
        m, out = self.p["mixed"], []
        for c in chars:
            x = self.rng.random()
            for kind in ("unread", "confused", "dropped", "doubled", "swapped"):
                if x < m[kind]:
                    break
                x -= m[kind]
            else:
                kind = "read"
            out.append({"unread": "?", "confused": self.like(c), "dropped": "", "doubled": c + c}.get(kind, c))
            if kind == "swapped" and len(out) > 1:
                out[-1], out[-2] = out[-2], out[-1]
        chars[:] = [c for c in out if c]
        return sum(c != "?" for c in chars) >= 3

    def apply(self, cls, chars):
        """False: this serial cannot be damaged so."""
        if cls == "separators":
            chars.insert(self.rng.randrange(1, len(chars)), self.rng.choice(SEPARATORS))
        elif cls == "lookalike":
            return self.lookalike(chars)
        elif cls == "lookalike+wild1":
            if not self.lookalike(chars):
                return False
            self.hide(chars, 1)
        elif cls == "set":
            return self.one_of_several(chars)
        elif cls in ("wild1", "wild2"):
            self.hide(chars, int(cls[-1]))
        elif cls.endswith("_lost"):
            return self.lose(chars, cls)
        elif cls in ("error1", "error2"):
            before = list(chars)
            for _ in range(int(cls[-1])):
                self.edit(chars)
            return chars != before
        elif cls == "mixed":
            return self.mixed(chars)
        return True


def attributes(spec, row, others, rng):
    out = {}
    for field in FIELDS:
        given, wrong = spec.get(field, (0, 0))
        value = row[field]
        if not value or rng.random() >= given:
            continue
        if rng.random() < wrong:
            if field == "year":
                value = str(int(value) + rng.choice((-2, -1, 1, 2)))
            else:
                options = [o[field] for o in others if o[field] and o[field] != value]
                value = rng.choice(options)
        out[field] = int(value) if field == "year" else value
    return out


def make(damage, cls, rows, rng):
    while True:
        row = rng.choice(rows)
        chars = [c for c in row["serial"].upper() if c not in SEPARATORS]
        if len(chars) >= LEAST and row["make"] and damage.apply(cls, chars):
            return row, "".join(chars)


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__.split("\n")[2])
    each, rng = int(sys.argv[3]), random.Random(int(sys.argv[4]))
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "parameters.json"), encoding="utf-8") as f:
        parameters = json.load(f)
    here, absent = (read_rows(path, rng, 4 * each) for path in sys.argv[1:3])
    damage = Damage(parameters, rng)
    number = 0
    for cls in parameters["classes"]:
        for i in range(each):
            row, pattern = make(damage, cls, absent if i % 2 else here, rng)
            for name, spec in parameters["attributes"].items():
                number += 1
                query = {"qid": number, "pattern": pattern, **attributes(spec, row, here, rng), "class": cls, "attributes": name,
                         "truth": None if i % 2 else row["id"]}
                print(json.dumps(query, ensure_ascii=False))


if __name__ == "__main__":
    main()
