"""Figures of a census, by DuckDB, from the Parquet in a directory; prints JSON."""

import json
import sys

import duckdb

files = sys.argv[1].replace("'", "''") + "/**/*.parquet"
database = duckdb.connect()
database.execute(f"CREATE VIEW series AS SELECT * FROM read_parquet('{files}')")


def rows(query):
    return database.execute(query).fetchall()


series, samples = rows("SELECT count(*), sum(samples) FROM series")[0]
metrics = rows("SELECT metric, count(*) FROM series GROUP BY metric")
values = rows(
    """
    SELECT label.key, count(DISTINCT label.value)
    FROM (SELECT unnest(map_entries(labels)) AS label FROM series)
    GROUP BY ALL
    """
)
without_pod = rows(
    """
    SELECT metric, count(DISTINCT list_filter(map_entries(labels), lambda label: label.key <> 'pod'))
    FROM series GROUP BY metric
    """
)
figures = {
    "series": series,
    "samples": int(samples),
    "metrics": dict(metrics),
    "values": dict(values),
    "without_pod": dict(without_pod),
}
print(json.dumps(figures))
