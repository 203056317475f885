"""Every query of the dashboard, asked of a Prometheus that has seen real builds."""

import json
import math
import re
from typing import Any

import pytest

from tests.flows.command import ROOT
from tests.real_metrics.conftest import Watched

DASHBOARD: dict[str, Any] = json.loads(
    (ROOT / "deployments/grafana/dashboard.json").read_text(encoding="utf-8")
)
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [(panel["title"], target) for panel in PANELS for target in panel["targets"]]

pytestmark = pytest.mark.timeout(1_800)


def asked(expression: str) -> str:
    """A query as Grafana sends it, with everything that can be chosen left as it is."""
    values = {"$__rate_interval": "1m", "$__range": "30m", "$provider": ".*"}
    for name, value in values.items():
        expression = expression.replace(name, value)
    assert "$" not in expression
    return expression


@pytest.mark.parametrize(
    ("title", "target"), QUERIES, ids=[f"{title} {target['refId']}" for title, target in QUERIES]
)
def test_every_query_finds_something(watched: Watched, title: str, target: dict[str, Any]) -> None:
    query = asked(target["expr"])
    if target["instant"]:
        values = [series["value"][1] for series in watched.prometheus.now(query)]
    else:
        found = watched.prometheus.over_time(query)
        values = [value for series in found for _, value in series["values"]]
    assert [value for value in values if not math.isnan(float(value))], query
    # A query that finds only nothing shows nothing; of some, nothing is the good news.
    good_news = {"Breakers", "Breakers open", "Mending", "Inbox", "Waiting in queues"}
    good_news |= {"Builds under way", "Waiting for people"}
    assert title in good_news or any(float(value) > 0 for value in values), query


@pytest.mark.parametrize(
    ("title", "target"), QUERIES, ids=[f"{title} {target['refId']}" for title, target in QUERIES]
)
def test_legends_name_labels_that_are_there(
    watched: Watched, title: str, target: dict[str, Any]
) -> None:
    found = watched.prometheus.over_time(asked(target["expr"]))
    for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
        assert all(label in series["metric"] for series in found), f"{title}: {label}"


def test_every_variable_has_values(watched: Watched) -> None:
    variables = {each["name"]: each for each in DASHBOARD["templating"]["list"]}
    assert set(variables) == {"datasource", "provider"}
    query = re.fullmatch(r"label_values\((\w+), (\w+)\)", variables["provider"]["definition"])
    assert query
    assert "lab" in watched.prometheus.label_values(query[1], query[2])


def test_every_metric_of_the_exporter_is_shown(watched: Watched) -> None:
    """What nobody looks at need not be collected."""
    shown = "\n".join(target["expr"] for _, target in QUERIES)
    names = watched.prometheus.label_values('{job="app-builder"}', "__name__")
    ours = {name for name in names if name.startswith("app_builder_")}
    unseen = {name for name in ours if name not in shown} - {"app_builder_info"}
    # Of a histogram, the buckets say it all.
    assert [name for name in unseen if not name.endswith(("_sum", "_count"))] == []
