#!/usr/bin/env python3
"""Joins both sides of the search benchmark into one table, prints each line to be shown and whether it is met, and writes
report.json. usage: report.py FOLDER"""
import json
import os
import re
import sys

CLASSES = ["exact", "separators", "wild1", "wild2", "lookalike", "lookalike+wild1", "leading_lost", "trailing_lost", "inner_lost", "error1", "error2"]
PEER = {"wild1": 1000, "error2": 1000, "wild2": 500, "lookalike": 50}
SCAN = {"wild1": 500, "lookalike": 500, "error1": 200, "error2": 10, "leading_lost": 300}
RECALL = 0.9


def load(path):
    text = open(path, encoding="utf-8").read()
    return json.loads(re.sub(r",?\s*\{\}\s*\]", "]", text))


def us(value):
    return "%.2f µs" % value if value < 1000 else "%.1f ms" % (value / 1000)


def pick(rows, **want):
    return [r for r in rows if all(r.get(k) == v for k, v in want.items())]


def best(forms, cls, known, lists=True):
    """The fastest form that reaches the recall, else the one of the highest recall; IN lists made by the program or not."""
    rows = [r for r in pick(forms, **{"class": cls, "known": known}) if lists or not r["form"].startswith("IN list")]
    good = [r for r in rows if r["recall"] >= RECALL]
    return min(good, key=lambda r: r["median_us"]) if good else max(rows, key=lambda r: r["recall"])


def speed_table(ours, peer, known, told):
    out = []
    scan_us = ours["scan"]["best_ms"] * 1000  # the best pass: the hardest comparison
    for cls in CLASSES:
        o = pick(ours["classes"], **{"class": cls, "known": known, "told": told, "flushed": 0})[0]
        p = best(peer["forms"], cls, known)
        plain = best(peer["forms"], cls, known, lists=False)
        cold = pick(ours["classes"], **{"class": cls, "known": 0, "told": 1, "flushed": 1})
        out.append({"class": cls, "ours_us": o["median_us"], "ours_p99": o["p99_us"], "ours_in50": o["in50"], "ours_in10": o["in10"],
                    "cold_us": cold[0]["median_us"] if cold else None, "peer_us": p["median_us"], "peer_p99": p["p99_us"],
                    "peer_in50": p["in50"], "peer_in10": p["in10"], "peer_recall": p["recall"], "form": p["form"],
                    "plain_form": plain["form"], "plain_us": plain["median_us"], "plain_ratio": plain["median_us"] / o["median_us"],
                    "ratio": p["median_us"] / o["median_us"], "scan_ratio": scan_us / o["median_us"]})
    return out


def print_speed(rows, title):
    print("\n### %s\n" % title)
    print("| class | ours median | p99 | flushed | in 50 | in 10 | PostgreSQL median | p99 | in 50 | in 10 | recall | its form | ratio | ratio without IN lists | scan ratio |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for r in rows:
        print("| %s | %s | %s | %s | %.3f | %.3f | %s | %s | %.3f | %.3f | %.3f | %s | %s | %s | %s |" % (
            r["class"], us(r["ours_us"]), us(r["ours_p99"]), us(r["cold_us"]) if r["cold_us"] else "", r["ours_in50"], r["ours_in10"],
            us(r["peer_us"]), us(r["peer_p99"]), r["peer_in50"], r["peer_in10"], r["peer_recall"], r["form"],
            "{:,.0f}".format(r["ratio"]), "{:,.0f}".format(r["plain_ratio"]), "{:,.0f}".format(r["scan_ratio"])))


def print_forms(peer):
    print("\n### Every form of SQL tried (without make and calibre)\n")
    print("| class | form | queries | median | p99 | in 50 | recall |\n|---|---|---|---|---|---|---|")
    for cls in CLASSES:
        for r in pick(peer["forms"], **{"class": cls, "known": 0}):
            print("| %s | %s | %d | %s | %s | %.3f | %.3f |" % (cls, r["form"], r["n"], us(r["median_us"]), us(r["p99_us"]), r["in50"], r["recall"]))


def print_http(http, speed):
    print("\n### Over HTTP (JSON, one kept-open connection; PostgreSQL over its Unix socket)\n")
    print("| class | median | p99 | bytes | PostgreSQL | ratio | ratio without IN lists |\n|---|---|---|---|---|---|---|")
    row = {r["class"]: r for r in speed}
    for r in http["classes"]:
        p = row[r["class"]]
        print("| %s | %s | %s | %d | %s | %.1f | %.1f |" % (r["class"], us(r["median_us"]), us(r["p99_us"]), r["bytes"], us(p["peer_us"]),
                                                       p["peer_us"] / r["median_us"], p["plain_us"] / r["median_us"]))


def judge(ours, peer, speed, http):
    """(what, measured, wanted, met)"""
    out = []
    row = {r["class"]: r for r in speed}
    for cls, want in PEER.items():
        r = row[cls]
        out.append(("%s: times faster than PostgreSQL's best (%s)" % (cls, r["form"]), r["ratio"], want, r["ratio"] >= want))
        if r["plain_form"] != r["form"]:
            out.append(("%s: the same against its best without IN lists (%s)" % (cls, r["plain_form"]), r["plain_ratio"], want, r["plain_ratio"] >= want))
    for cls, want in SCAN.items():
        out.append(("%s: times faster than one pass over all keys" % cls, row[cls]["scan_ratio"], want, row[cls]["scan_ratio"] >= want))
    for cls in ("wild1", "wild2") if http else ():
        ratio = row[cls]["peer_us"] / pick(http["classes"], **{"class": cls})[0]["median_us"]
        out.append(("%s over HTTP: times faster than PostgreSQL's best" % cls, ratio, 30, ratio >= 30))
    n = sum(r["n"] for r in ours["equality"])
    equal = sum(r["equal"] for r in ours["equality"])
    out.append(("complete hit sets equal to the scan's, of %d queries" % n, equal, n, n > 0 and equal == n))
    b = ours["build"]
    out.append(("bytes of index a record (at most)", b["bytes_per_record"], 72, b["bytes_per_record"] <= 72))
    built = b["read_fold_s"] + b["index_s"] + b["ranker_s"]
    out.append(("build: times faster than load and indexes", peer["load_s"] / built, 7, peer["load_s"] / built >= 7))
    return out


def print_build(ours, peer):
    b, n = ours["build"], ours["records"]
    print("\n### Build and size, %s records\n" % "{:,}".format(n))
    print("| step | seconds | bytes a record |\n|---|---|---|")
    print("| ours: read and fold the CSV file | %.2f | |" % b["read_fold_s"])
    print("| ours: index (2 threads) | %.2f | %.1f; peak beside it %.1f |" % (b["index_s"], b["bytes_per_record"], b["peak_bytes"] / n))
    print("| ours: ranker learns | %.2f | %.2f |" % (b["ranker_s"], b["ranker_bytes"] / n))
    for s in peer["load"]:
        print("| PostgreSQL: %s | %.2f | %.1f |" % (s["step"], s["s"], s["bytes"] / n))
    print("| PostgreSQL: all | %.2f | %.1f |" % (peer["load_s"], sum(s["bytes"] for s in peer["load"]) / n))


def main():
    folder = sys.argv[1]
    ours, peer = load(os.path.join(folder, "ours.json")), load(os.path.join(folder, "postgres.json"))
    sets_path = os.path.join(folder, "sets.json")
    if os.path.exists(sets_path):
        ours["equality"] = load(sets_path)["equality"]
    http_path = os.path.join(folder, "http.json")
    http = load(http_path) if os.path.exists(http_path) else None
    print("%s records, PostgreSQL %s; one pass over all keys: best %.2f ms, median %.2f ms" % (
        "{:,}".format(ours["records"]), peer["version"], ours["scan"]["best_ms"], ours["scan"]["median_ms"]))
    tables = {}
    for known, told, title in ((0, 1, "Class known to the program, as SQL knows it; serial only"), (1, 1, "The same with make and calibre"),
                               (0, 0, "Class not told (up to two errors allowed); serial only"), (1, 0, "Class not told, with make and calibre")):
        tables[title] = speed_table(ours, peer, known, told)
        print_speed(tables[title], title)
    print_forms(peer)
    print_build(ours, peer)
    print("\n### Complete sets\n\n| class | queries | equal | rows | of the queries, also by the definition |\n|---|---|---|---|---|")
    for r in ours["equality"]:
        print("| %s | %d | %d | %d | %s |" % (r["class"], r["n"], r["equal"], r["rows"], r.get("by_definition", r["n"])))
    if http:
        print_http(http, tables["Class known to the program, as SQL knows it; serial only"])
    lines = judge(ours, peer, tables["Class known to the program, as SQL knows it; serial only"], http)
    print("\n### To be shown\n\n| what | measured | wanted | met |\n|---|---|---|---|")
    for what, measured, want, met in lines:
        print("| %s | %s | %s | %s |" % (what, "{:,.1f}".format(measured), "{:,}".format(want), "yes" if met else "**no**"))
    with open(os.path.join(folder, "report.json"), "w", encoding="utf-8") as f:
        json.dump({"records": ours["records"], "tables": tables, "forms": peer["forms"], "build": ours["build"], "load": peer["load"],
                   "scan": ours["scan"], "lines": lines}, f, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    main()
