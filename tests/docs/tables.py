"""The tables of the documentation, made from the data.

`python -m tests.docs.tables` writes them into the pages, where a test holds them.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from prometheus_client import Metric
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from core.artifacts.build_outcome import BuildOutcome
from core.build_events import EVENTS, PREFIX
from core.markdown import table
from core.roles import ROLES
from core.setting_names import as_set, variables_of
from core.settings import Settings
from core.stages import ModelUse, StageTable, load_stage_table, read_stage_rows
from prompts.renderer import template_names
from providers.llm.catalogue import (
    DEMO,
    Catalogue,
    ModelRow,
    load_catalogue,
    read_catalogue_rows,
)
from tasks.metrics.build_metrics import BuildMetrics
from tasks.metrics.call_metrics import CallMetrics
from tasks.metrics.gauges import GAUGES
from tasks.metrics.gauges import PREFIX as METRICS
from tests.docs.pages import read, replace_marked
from tests.gold.tally import PARTS, total
from tests.tasks.metrics.ended_calls import ended_call


def catalogue() -> Catalogue:
    """The shipped catalogue, without a variable set."""
    return load_catalogue(read_catalogue_rows(), lambda _: None)


def stage_table() -> StageTable:
    """The shipped stage table."""
    return load_stage_table(
        read_stage_rows(), providers=catalogue().names, templates=template_names()
    )


def pipeline() -> str:
    """The stages, with the models they ask and the artifacts they read and write."""
    rows = [
        (
            stage.number,
            stage.name,
            "<br>".join(map(_model, stage.models)) or "–",
            _paths(stage.reads),
            _paths(stage.writes),
        )
        for stage in stage_table().stages
    ]
    return table(("stage", "name", "models (template: provider/model)", "reads", "writes"), rows)


def _model(use: ModelUse) -> str:
    fallback = f", else {use.fallback_provider}/{use.fallback_model}" if use.fallback_model else ""
    return f"{use.template}: {use.provider}/{use.model}{fallback}"


def _paths(paths: tuple[str, ...]) -> str:
    return ", ".join(f"`{path}`" for path in paths) or "–"


def settings_of() -> Iterator[tuple[str, Any, str]]:
    """Variable, default and description of every setting."""
    for variable, field, group in variables_of(Settings):
        if group is None:
            default = None if field.default is PydanticUndefined else field.default
            yield variable, default, field.description or ""


def settings() -> str:
    """The settings an operator can change."""
    rows = [
        (f"`{variable}`", _default(default), description)
        for variable, default, description in settings_of()
    ]
    return table(("variable", "default", "what it does"), rows)


def _default(value: object) -> str:
    return "–" if value in (None, "") else f"`{as_set(value)}`"


def providers() -> str:
    """The providers with the variables that concern them."""
    rows = [
        (
            row.name,
            f"`{row.key_variable}`",
            f"`{row.key_block}`",
            f"`{row.base_url_variable}`",
        )
        for row in catalogue()
        if row.name != DEMO
    ]
    return table(("provider", "key", "secret block", "base URL"), rows)


def models() -> str:
    """The models of the catalogue, with what they are good for and what they cost."""
    rows = [
        (
            f"{row.name}/{model.name}",
            model.wire_id,
            f"{_roles(model)}; {model.complexity}",
            f"{model.context_tokens:,}",
            _price(model),
        )
        for row in catalogue()
        if row.name != DEMO
        for model in row.models
    ]
    header = ("provider/model", "on the wire", "good for", "context", "price in/out, $ a million")
    return table(header, rows)


def _roles(model: ModelRow) -> str:
    return "any role" if set(model.roles) == set(ROLES) else ", ".join(model.roles)


def _price(model: ModelRow) -> str:
    price = model.price
    if price is None:
        return "`genai-prices`"
    assumed = " (assumed)" if price.assumed else ""
    return f"{price.input_usd}/{price.output_usd} on {price.as_of}{assumed}"


def make_targets() -> str:
    """The commands of the Makefile, each with its own comment."""
    targets = re.findall(r"^([a-z0-9-]+):.*?## (.*)$", read("Makefile"), re.MULTILINE)
    return table(
        ("command", "what it does"),
        [(f"`make {name}`", f"{told[0].upper()}{told[1:]}.") for name, told in targets],
    )


def faults() -> str:
    """What came of known-good files that were made wrong."""
    rows = [
        (
            kind,
            f"{tally.made:,}",
            f"{tally.detected:,}",
            f"{tally.by_tests:,}" if tally.by_tests else "–",
            f"{tally.repaired:,}" if tally.detected else "–",
            f"{tally.extra / tally.detected:.1f}" if tally.detected else "–",
            f"{tally.withheld:,}" if tally.detected else "–",
            f"{len(tally.unseen):,}",
        )
        for kind, tally in sorted(total(PARTS).items())
    ]
    header = (
        *("fault", "mutants", "detected", "by tests only", "repaired", "extra calls each"),
        *("withheld", "not seen"),
    )
    return table(header, rows)


def unseen_faults() -> str:
    """The mutants that nothing saw, by name."""
    rows = [
        (kind, one.replace("|", "\\|"))
        for kind, tally in sorted(total(PARTS).items())
        for one in tally.unseen
    ]
    return table(("fault", "mutant"), rows)


def events() -> str:
    """The events that are emitted, each with its payload."""
    rows = [(f"`{name}`", _payload(kind), _meaning(name, kind)) for name, kind in EVENTS.items()]
    return table(("event", "payload", "when"), rows)


def _payload(kind: type[BaseModel]) -> str:
    if not issubclass(kind, BuildOutcome):
        return ", ".join(f"`{name}`" for name in kind.model_fields)
    more = [f"`{name}`" for name in kind.model_fields if name not in BuildOutcome.model_fields]
    return ", ".join(["the outcome", *more])


def _meaning(name: str, kind: type[BaseModel]) -> str:
    status = name.removeprefix(PREFIX)
    if kind is BuildOutcome:
        return _STATUSES[status]
    return (kind.__doc__ or "").strip()


_STATUSES = {
    "started": "A run of the build begins, or goes on after a person's decision.",
    "completed": "It is published to the default branch; its tests are green.",
    "review": "It is published to a review branch, because it could not be verified.",
    "failed": "A stage gave up.",
    "cancelled": "Somebody cancelled the run.",
    "interrupted": "The run's process was told to end.",
    "refused": "The build was not begun; `error` says why. `build.json` stays as it is.",
}


def metrics() -> str:
    """What the exporter tells, each metric with its labels."""
    stages = stage_table()
    builds, calls = BuildMetrics(stages), CallMetrics([], stages)
    calls.count(ended_call(error_class="ProviderFailedError"))
    calls.count_held()
    rows = [
        _metric(family)
        for registry in (calls.registry, builds.registry)
        for family in registry.collect()
    ]
    rows += [
        (f"`{METRICS}{name}`", "gauge", _labels(labels), told)
        for name, (labels, told) in GAUGES.items()
    ]
    return table(("metric", "type", "labels", "what it is"), rows)


def _metric(family: Metric) -> tuple[str, str, str, str]:
    labels = (
        [label for label in family.samples[0].labels if label != "le"] if family.samples else []
    )
    name = f"{family.name}_total" if family.type == "counter" else family.name
    return f"`{name}`", family.type, _labels(labels), family.documentation


def _labels(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


TABLES: dict[tuple[str, str], Callable[[], str]] = {
    ("docs/architecture.md", "pipeline"): pipeline,
    ("docs/operations.md", "settings"): settings,
    ("docs/operations.md", "providers"): providers,
    ("docs/operations.md", "models"): models,
    ("docs/api.md", "events"): events,
    ("docs/observability.md", "metrics"): metrics,
    ("CONTRIBUTING.md", "make targets"): make_targets,
    ("docs/faults.md", "faults"): faults,
    ("docs/faults.md", "unseen"): unseen_faults,
}
"""What makes each table, by page and mark."""


if __name__ == "__main__":
    for (page, mark), make in TABLES.items():
        replace_marked(page, mark, make())
