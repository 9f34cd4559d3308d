#!/usr/bin/env python3
"""How time and bytes grow with the register: our medians of several result folders side by side. usage: growth.py FOLDER..."""
import os
import sys

from report import CLASSES, load, pick, us


def main():
    runs = sorted((load(os.path.join(f, "ours.json")) for f in sys.argv[1:]), key=lambda r: r["records"])
    heads = ["%s M" % (r["records"] / 1e6) for r in runs]
    print("| median / p99 warm | " + " | ".join(heads) + " |\n|---|" + "---|" * len(runs))
    for cls in CLASSES:
        cells = []
        for run in runs:
            r = pick(run["classes"], **{"class": cls, "known": 0, "told": 1, "flushed": 0})[0]
            cells.append("%s / %s" % (us(r["median_us"]), us(r["p99_us"])))
        print("| %s | %s |" % (cls, " | ".join(cells)))
    for what, cell in (("index, bytes a record", lambda r: "%.1f" % r["build"]["bytes_per_record"]),
                       ("peak of the build beside it, bytes a record", lambda r: "%.1f" % (r["build"]["peak_bytes"] / r["records"])),
                       ("index built (2 threads)", lambda r: "%.2f s" % r["build"]["index_s"]),
                       ("one pass over all keys, best", lambda r: "%.2f ms" % r["scan"]["best_ms"])):
        print("| %s | %s |" % (what, " | ".join(cell(r) for r in runs)))


if __name__ == "__main__":
    main()
