"""Counts the series of a file that `promsieve census --save` wrote, with SQL alone, and prints the
counts as JSON."""

import json
import sys

import duckdb

database = duckdb.connect()
database.execute(
    "CREATE TABLE series AS SELECT * FROM read_csv(?, all_varchar = true, header = true)", [sys.argv[1]]
)
labels = [row[0] for row in database.execute("DESCRIBE series").fetchall() if row[0] != "__name__"]


def quoted(label):
    return '"' + label.replace('"', '""') + '"'


def by_metric(select):
    return database.execute(f"SELECT __name__, {select} FROM series GROUP BY __name__").fetchall()


metrics = {name: {"series": count, "labels": {}} for name, count in by_metric("count(*)")}
for label in labels:
    others = ", ".join(quoted(other) for other in labels if other != label)
    column = quoted(label)
    for name, values, series, without in by_metric(
        f"count(DISTINCT {column}), count({column}), count(DISTINCT ({others}))"
    ):
        if series > 0:
            metrics[name]["labels"][label] = {"values": values, "series": series, "without": without}
total = database.execute("SELECT count(*) FROM series").fetchone()[0]
print(json.dumps({"series": total, "metrics": metrics}))
