"""A build's plan in words: rows of a table, and what is to be said above and below it."""

from collections.abc import Callable

from core.estimate import Estimate
from core.markdown import code, plain, table
from providers.llm.catalogue import DEMO
from tasks.engine.plan import BuildPlan, StagePlan
from tasks.engine.plan_estimates import UsePlan, added
from tasks.engine.plan_limits import LimitPlan

HEAD = ("stage", "asks", "calls", "tokens in", "tokens out", "cost", "time")
_NONE = ("–", "–", "–", "–")


def plan_rows(plan: BuildPlan) -> list[tuple[str, ...]]:
    """A row for each template of each stage, and one for the whole build; as `HEAD` says."""
    rows = [row for stage in plan.stages for row in _rows_of(stage)]
    return [*rows, ("in all", "", *_amounts(plan.uses), _time(plan.seconds))]


def plan_notes(plan: BuildPlan) -> list[str]:
    """What is to be said of a plan besides its table, a paragraph each."""
    size = plan.size
    files = f"{size.files:.0f} files in {size.modules:.0f} modules"
    known = (
        "as an earlier run planned them" if size.is_planned else "guessed from the questionnaire"
    )
    learned = sum(use.observed > 0 for use in plan.uses)
    product = f"The product has {files}, {known}."
    notes = [
        f"{plan.change.note if plan.change else product} A range goes from the 10th to the 90th "
        f"percentile. Of {len(plan.uses)} kinds of question, {learned} are known from the ledger; "
        "the others are what is expected of them.",
        *(f"Stage {stage.stage.label}: {stage.note}." for stage in plan.stages if stage.note),
    ]
    if any(stage.is_kept for stage in plan.stages):
        notes.append("Stages that are kept from an earlier run cost nothing.")
    assumed = dict.fromkeys(str(choice) for use in plan.uses for choice in use.assumed)
    if assumed:
        notes.append(
            f"Costs of {', '.join(assumed)} rest on an assumed price, which is not the provider's "
            "own; the catalogue says whose it is."
        )
    if plan.prepared.keys_unchecked:
        notes.append(
            "Keys that may be in Prefect's secret blocks are not checked, and taken to be there: "
            "the build starts a server first."
        )
    if any(use.models[0].provider == DEMO for use in plan.uses):
        notes.append("A demo model answers, which costs nothing; it is not a real one.")
    return notes


def limit_lines(plan: BuildPlan) -> list[str]:
    """One line for each limit of money."""
    return [
        f"{limit.what}: {_needed(limit)} of {_left(limit)}: {limit.verdict}"
        for limit in plan.limits
    ]


def _needed(limit: LimitPlan) -> str:
    """Both what it will cost, and what has to be left because worst cases are held before."""
    need = limit.need
    if need.refused_below == need.expected:
        return _money(need.expected)
    return f"{_money(need.expected)}, with worst cases reserved {_money(need.refused_below)},"


def _left(limit: LimitPlan) -> str:
    left = _dollars(limit.left_usd)
    taken = {"spent": limit.spent_usd, "reserved by open calls": limit.reserved_usd}
    told = [f"{_dollars(float(usd))} {how}" for how, usd in taken.items() if usd]
    if not told:
        return f"{left} ({limit.variable})"
    whole = _dollars(float(limit.limit_usd))
    return f"{left} left ({limit.variable} is {whole}, {', '.join(told)})"


def cost_section(plan: BuildPlan, spent_usd: float) -> str:
    """What is still to be spent, stage by stage, with the limits that hold for it; as Markdown.

    Args:
        plan: of a build that is under way.
        spent_usd: what it cost so far.
    """
    rows = [row for stage in plan.stages if stage.uses for row in _rows_of(stage)]
    cells = [tuple(_cell(cell) for cell in row) for row in rows]
    limits = "".join(f"- {plain(line)}\n" for line in limit_lines(plan))
    return f"{plain(cost_line(plan, spent_usd))}\n\n{table(HEAD, cells, left=2)}\n{limits}"


def cost_line(plan: BuildPlan, spent_usd: float) -> str:
    """What a build that is under way has cost, and is still expected to cost and take."""
    return (
        f"{_dollars(spent_usd)} spent so far; the rest is expected to cost "
        f"{_money(plan.cost_usd)} and to take {_time(plan.seconds)}."
    )


def plan_page(plan: BuildPlan) -> str:
    """The plan as Markdown."""
    rows = [tuple(_cell(cell) for cell in row) for row in plan_rows(plan)]
    stages = table(HEAD, rows, left=2)
    notes = "\n\n".join(map(plain, plan_notes(plan)))
    limits = "".join(f"- {plain(line)}\n" for line in limit_lines(plan))
    head = f"# Plan of {code(plan.prepared.build_id)}"
    return f"{head}\n\n{stages}\n{notes}\n\n## Limits\n\n{limits}"


def _rows_of(stage: StagePlan) -> list[tuple[str, ...]]:
    label = stage.stage.label
    if stage.is_kept:
        return [(label, "kept", *_NONE, "–")]
    if not stage.uses:
        return [(label, "–", *_NONE, _time(stage.seconds) if stage.seconds.mean else "–")]
    first, *others = [(_asked(use), *_amounts((use,))) for use in stage.uses]
    return [(label, *first, _time(stage.seconds)), *(("", *other, "") for other in others)]


def _asked(use: UsePlan) -> str:
    return ", else ".join(str(model) for model in use.models)


def _amounts(uses: tuple[UsePlan, ...]) -> tuple[str, ...]:
    return (
        _number(added(use.calls for use in uses)),
        _number(added(use.input_tokens for use in uses)),
        _number(added(use.output_tokens for use in uses)),
        _money(added(use.cost_usd for use in uses)),
    )


def _number(estimate: Estimate) -> str:
    return _range(estimate, _short)


def _short(number: float) -> str:
    if number < 10_000:
        return f"{number:,.0f}"
    return f"{number / 1_000:,.0f}k" if number < 1_000_000 else f"{number / 1_000_000:,.1f}M"


def _money(estimate: Estimate) -> str:
    return _range(estimate, _dollars)


def _dollars(usd: float) -> str:
    if usd == 0:
        return "$0"
    return f"${usd:,.2f}" if usd >= 0.1 else f"${usd:.4f}"


def _time(estimate: Estimate) -> str:
    return _range(estimate, _duration)


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6_000 else f"{seconds / 3_600:.1f} h"


def _range(estimate: Estimate, told: Callable[[float], str]) -> str:
    mean, low, high = told(estimate.mean), told(estimate.low), told(estimate.high)
    return mean if low == high else f"{mean} ({low}–{high})"


def _cell(text: str) -> str:
    return plain(text) if text else ""
