"""Figures of a census, by PySpark, from the Parquet in a directory; prints JSON."""

import json
import sys

from pyspark.sql import SparkSession

spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "2")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
spark.read.parquet(sys.argv[1]).createOrReplaceTempView("series")


def rows(query):
    return [tuple(row) for row in spark.sql(query).collect()]


series, samples = rows("SELECT count(*), sum(samples) FROM series")[0]
metrics = rows("SELECT metric, count(*) FROM series GROUP BY metric")
values = rows(
    """
    SELECT name, count(DISTINCT value)
    FROM (SELECT explode(labels) AS (name, value) FROM series)
    GROUP BY name
    """
)
without_pod = rows(
    """
    SELECT metric, count(DISTINCT array_sort(map_entries(map_filter(labels, (name, value) -> name <> 'pod'))))
    FROM series GROUP BY metric
    """
)
figures = {
    "series": series,
    "samples": samples,
    "metrics": dict(metrics),
    "values": dict(values),
    "without_pod": dict(without_pod),
}
print(json.dumps(figures))
