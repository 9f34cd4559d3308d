#!/usr/bin/env python3
"""How well the ranking did. usage: evaluate.py QUERIES.jsonl RESULTS.jsonl [REPORT.json]

QUERIES as make_queries.py writes them; RESULTS as `athar search --batch` does: {qid, ids, p_absent, micros}. Prints, for each class
and what was known of the gun: recall at 1, 10 and 50 and mean reciprocal rank of the true gun (queries about registered guns); the
reliability of p_absent in ten bins, stated against true; and the rate of false leads at thresholds."""
import json
import statistics
import sys

THRESHOLDS = (0.01, 0.05, 0.1, 0.2, 0.5)


def read(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def rank_of(query, result):
    """From 1; None when the true gun is not among the ids."""
    ids = [str(i) for i in result["ids"]]
    return ids.index(query["truth"]) + 1 if query["truth"] in ids else None


def ranks_row(pairs):
    ranks = [rank_of(q, r) for q, r in pairs if q["truth"] is not None]
    n = len(ranks) or 1
    row = {"n": len(ranks), "mrr": sum(1 / r for r in ranks if r) / n}
    for k in (1, 10, 50):
        row["at%d" % k] = sum(1 for r in ranks if r and r <= k) / n
    row["micros"] = statistics.median(r["micros"] for _, r in pairs)
    return row


def reliability(pairs):
    bins = [[] for _ in range(10)]
    for q, r in pairs:
        bins[min(9, int(r["p_absent"] * 10))].append((r["p_absent"], q["truth"] is None))
    return [{"from": i / 10, "n": len(b), "stated": sum(p for p, _ in b) / len(b) if b else None,
             "true": sum(a for _, a in b) / len(b) if b else None} for i, b in enumerate(bins)]


def false_leads(pairs):
    """A lead is an answer with p_absent at or below the threshold; false when the true gun is not its first candidate."""
    out = []
    for t in THRESHOLDS:
        leads = [(q, r) for q, r in pairs if r["p_absent"] <= t]
        wrong = sum(1 for q, r in leads if q["truth"] is None)
        not_first = sum(1 for q, r in leads if q["truth"] is not None and rank_of(q, r) != 1)
        absent = sum(1 for q, _ in pairs if q["truth"] is None) or 1
        present = len(pairs) - absent or 1
        out.append({"threshold": t, "leads": len(leads), "absent": wrong, "absent_share": wrong / (len(leads) or 1), "not_first": not_first,
                    "of_absent": wrong / absent, "found": (len(leads) - wrong) / present})
    return out


def brier(pairs):
    return sum((r["p_absent"] - (q["truth"] is None)) ** 2 for q, r in pairs) / len(pairs)


def print_ranks(table, names):
    for name in names:
        print("\n### %s\n\n| class | registered | at 1 | at 10 | at 50 | MRR | engine median µs |\n|---|---|---|---|---|---|---|" % name)
        for (cls, what), r in table.items():
            if what == name:
                print("| %s | %d | %.3f | %.3f | %.3f | %.3f | %.1f |" % (cls, r["n"], r["at1"], r["at10"], r["at50"], r["mrr"], r["micros"]))


def print_absent(name, pairs):
    print("\n### Not here: %s (Brier score %.4f)\n\n| p_absent | queries | stated | true |\n|---|---|---|---|" % (name, brier(pairs)))
    for b in reliability(pairs):
        if b["n"]:
            print("| %.1f-%.1f | %d | %.3f | %.3f |" % (b["from"], b["from"] + 0.1, b["n"], b["stated"], b["true"]))
    print("\n| lead when p_absent at most | leads | about absent guns | of leads | of absent | first is another gun | registered found |")
    print("|---|---|---|---|---|---|---|")
    for f in false_leads(pairs):
        print("| %.2f | %d | %d | %.4f | %.4f | %d | %.3f |" % (f["threshold"], f["leads"], f["absent"], f["absent_share"], f["of_absent"],
                                                              f["not_first"], f["found"]))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__.split("\n")[0])
    queries, results = read(sys.argv[1]), {str(r["qid"]): r for r in read(sys.argv[2])}
    missing = [q["qid"] for q in queries if str(q["qid"]) not in results or "ids" not in results[str(q["qid"])]]
    if missing:
        print("%d queries without a result, the first: %s" % (len(missing), missing[0]))
    gone = {str(m) for m in missing}
    pairs = [(q, results[str(q["qid"])]) for q in queries if str(q["qid"]) not in gone]
    names = list(dict.fromkeys(q["attributes"] for q, _ in pairs))
    groups = {}
    for q, r in pairs:
        groups.setdefault((q["class"], q["attributes"]), []).append((q, r))
        groups.setdefault(("all", q["attributes"]), []).append((q, r))
    table = {k: ranks_row(v) for k, v in groups.items()}
    print_ranks(table, names)
    for name in names:
        print_absent(name, groups["all", name])
    if len(sys.argv) > 3:
        report = {"ranks": [{"class": c, "attributes": a, **r} for (c, a), r in table.items()],
                  "absent": [{"attributes": a, "brier": brier(groups["all", a]), "reliability": reliability(groups["all", a]),
                              "leads": false_leads(groups["all", a])} for a in names]}
        with open(sys.argv[3], "w", encoding="utf-8") as f:
            json.dump(report, f, indent=1)


if __name__ == "__main__":
    main()
