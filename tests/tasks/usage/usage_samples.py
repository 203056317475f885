"""Usage reports made up for tests."""

from datetime import date
from decimal import Decimal

from providers.storage.call_statistics import CallGroup, DailyCost, ErrorCount
from tasks.usage.report import UsageReport

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 22)


def group(name: str, cost: str = "1.5", **values: object) -> CallGroup:
    """Calls of one name."""
    counts = {"calls": 10, "answered": 9, "failed": 1, "refused": 0}
    tokens = {"input_tokens": 1_000, "output_tokens": 500}
    latency = {"p50_seconds": 2.0, "p95_seconds": 9.5}
    return CallGroup.model_validate(
        {"name": name, "cost_usd": Decimal(cost), **counts, **tokens, **latency, **values}
    )


def report(*models: CallGroup, errors: tuple[ErrorCount, ...] = ()) -> UsageReport:
    """A report on some models, each asked on the first and the last day."""
    costs = tuple(
        DailyCost(
            day=day.isoformat(),
            provider=model.name.partition("/")[0],
            model=model.name.partition("/")[2],
            cost_usd=model.cost_usd / 2,
            calls=5,
        )
        for day in (FIRST, LAST)
        for model in models
    )
    total = group(
        "all",
        str(sum((model.cost_usd for model in models), Decimal(0))),
        calls=sum(model.calls for model in models),
    )
    empty: tuple[CallGroup, ...] = ()
    return UsageReport(
        first_day=FIRST,
        last_day=LAST,
        total=total,
        groups={
            "model": models,
            "provider": models,
            "stage": (group("3"),) if models else empty,
            "user": (group("ada"),) if models else empty,
            "build": (group("notes-1"),) if models else empty,
            "day": empty,
        },
        errors=errors,
        daily_costs=costs,
    )
