#!/usr/bin/env python3
"""Makes data/examples/crime-gun-events/crime_gun_events.csv from the published table.

usage: make_crime_gun_events.py SOURCE.csv TARGET.csv

A seller is not a wrongdoer, so the copy kept here names none: each dealer becomes "Dealer 001" ... in order of first
appearance, its licence number "Licence 001" with the same number, cities are left out, and a dealer's name inside another
cell is replaced too. Everything else is passed through byte for byte as text.

Two rows have the same dealer when
  1. their licence numbers are equal; or
  2. their names fold to the same letters (case, punctuation, spaces, final s of a word, "the", legal forms, what stands in
     parentheses or after a slash are ignored) in the same state; or
  3. the first word of the folded name agrees in the same state and city ("Millers", "Miller's Sporting Goods"); or
  4. a row without a state folds to a name that only one dealer of a known state has.
Rows are never joined across two licence numbers by 2-4, nor across two states otherwise: spelling alike is not the same shop.
"""
import csv
import re
import sys

DROPPED = ("jurisdiction_city", "crime_location_city", "dealer_city")
LEGAL = {"inc", "llc", "ltd", "co", "company", "the"}
NO_NAME = {"no dealer name"}
FREE_TEXT = ("case_status", "time_to_recovery", "ttr_category")


def words(name):
    name = re.sub(r"\([^)]*\)|/.*", " ", name) if not name.startswith("(") else name
    name = re.sub(r"[-'’]", "", name.lower())
    found = [w for w in re.findall(r"[a-z0-9]+", name) if w not in LEGAL]
    return [w[:-1] if len(w) > 3 and w.endswith("s") else w for w in found]


def fold(row):
    return "".join(words(row["dealer_name"]))


class Groups:
    """Union of rows; a group keeps the licence numbers it holds and refuses to hold two."""

    def __init__(self, rows):
        self.parent = list(range(len(rows)))
        self.licences = [{r["dealer_ffl"]} - {""} for r in rows]

    def find(self, i):
        while self.parent[i] != i:
            i = self.parent[i]
        return i

    def join(self, i, j):
        a, b = sorted((self.find(i), self.find(j)))
        if a == b or len(self.licences[a] | self.licences[b]) > 1:
            return
        self.parent[b] = a
        self.licences[a] |= self.licences[b]

    def join_equal(self, rows, key):
        first = {}
        for i, row in enumerate(rows):
            k = key(row)
            if k is not None:
                self.join(first.setdefault(k, i), i)


def by_licence(row):
    return row["dealer_ffl"] or None


def by_name(row):
    return (fold(row), row["dealer_state"]) if fold(row) else None


def by_first_word(row):
    if not (row["dealer_state"] and row["dealer_city"] and words(row["dealer_name"])):
        return None
    return (words(row["dealer_name"])[0], row["dealer_state"], row["dealer_city"].lower())


def join_without_state(groups, rows):
    known = {}
    for i, row in enumerate(rows):
        if row["dealer_state"]:
            known.setdefault(fold(row), set()).add(groups.find(i))
    for i, row in enumerate(rows):
        found = known.get(fold(row), set())
        if not row["dealer_state"] and len(found) == 1:
            groups.join(next(iter(found)), i)


def pseudonyms(rows):
    """Number of each row's dealer, from 1, or 0 where none is named."""
    named = [r for r in rows if r["dealer_name"] not in NO_NAME]
    groups = Groups(named)
    for key in (by_licence, by_name, by_first_word):
        groups.join_equal(named, key)
    join_without_state(groups, named)
    numbers, out = {}, {}
    for i, row in enumerate(named):
        out[row["source_row"]] = numbers.setdefault(groups.find(i), len(numbers) + 1)
    return out


def names_to_hide(rows, number_of):
    """The first two words of each name, then the first alone where it is long enough to mean the dealer."""
    pairs, singles = {}, {}
    for row in rows:
        w = words(row["dealer_name"])
        number = number_of.get(row["source_row"])
        if number and len(w) > 1 and len(w[0] + w[1]) >= 8:
            pairs.setdefault(w[0] + " " + w[1], number)
        if number and w and len(w[0]) >= 6:
            singles.setdefault(w[0], number)
    return {**pairs, **singles}


def hide_names(text, hidden):
    for word, number in hidden.items():
        text = re.sub(r"\b%s\b" % re.escape(word), "Dealer %03d" % number, text, flags=re.IGNORECASE)
    return text


def convert(rows):
    number_of = pseudonyms(rows)
    hidden = names_to_hide(rows, number_of)
    for row in rows:
        number = number_of.get(row["source_row"], 0)
        row["dealer_name"] = "Dealer %03d" % number if number else ""
        row["dealer_ffl"] = "Licence %03d" % number if row["dealer_ffl"] else ""
        for column in FREE_TEXT:
            row[column] = hide_names(row[column], hidden)
        for column in DROPPED:
            del row[column]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.split("\n")[2])
    with open(sys.argv[1], newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    convert(rows)
    with open(sys.argv[2], "w", newline="", encoding="utf-8") as f:
        out = csv.DictWriter(f, rows[0].keys(), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


if __name__ == "__main__":
    main()
