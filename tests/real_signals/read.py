"""Reads a dashboard into Grafana's own model of one and writes what the model holds."""

import json
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

with open(sys.argv[1], encoding="utf-8") as file:
    dashboard = Dashboard.from_json(json.load(file))
print(JSONEncoder(sort_keys=True).encode(dashboard))
