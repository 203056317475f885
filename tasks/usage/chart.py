"""The usage report as a picture: cost per day by model, success and latency of each model."""

from io import BytesIO
from typing import Any, TypeAlias

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from providers.storage.call_statistics import CallGroup
from tasks.usage.report import UsageReport

_SIZE = (12.0, 8.0)
_DOTS_PER_INCH = 110
_COLOURS = ("#3b6fa0", "#e2a03f", "#5f9e6e", "#b65d73", "#7f70b3", "#4b9fa5")
_OTHERS_COLOUR = "#b4bac1"
_INK, _PALE, _GRID = "#25313c", "#66727e", "#e6e9ec"
_TRACK = "#eceff2"
_OTHERS = "other models"

# Matplotlib leaves most keyword arguments untyped, which the type checker does not let pass.
_Figure: TypeAlias = Any
_Axes: TypeAlias = Any
_matplotlib: Any = matplotlib

_MAX_NAME = 34

_STYLE: dict[str, Any] = {
    "text.parse_math": False,  # a dollar sign is a dollar sign
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": _INK,
    "axes.edgecolor": _GRID,
    "axes.labelcolor": _PALE,
    "axes.titlecolor": _INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlepad": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "xtick.color": _PALE,
    "ytick.color": _PALE,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "grid.color": _GRID,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
}


def draw_chart(report: UsageReport) -> bytes:
    """Draw a report that has calls in it.

    Returns:
        A PNG of 1320 by 880 pixels, the same for the same report.
    """
    with _matplotlib.rc_context(_STYLE):
        figure: _Figure = Figure(figsize=_SIZE, dpi=_DOTS_PER_INCH)
        shown = report.groups["model"][: len(_COLOURS)]
        _write_head(figure, report)
        _draw_days(figure.add_axes((0.06, 0.46, 0.91, 0.32)), report, [one.name for one in shown])
        _draw_success(figure.add_axes((0.245, 0.05, 0.25, 0.27)), shown)
        _draw_latency(figure.add_axes((0.615, 0.05, 0.355, 0.27)), shown)
        file = BytesIO()
        figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _write_head(figure: _Figure, report: UsageReport) -> None:
    total = report.total
    days = " – ".join(f"{day.day} {day:%B %Y}" for day in (report.first_day, report.last_day))
    figure.text(0.03, 0.95, "Model usage", size=19, weight="bold", va="center")
    figure.text(0.03, 0.91, days, size=11, color=_PALE, va="center")
    facts = [
        (f"${total.cost_usd:,.2f}", "cost"),
        (f"{total.calls:,}", "calls"),
        (_percent(total.success_rate), "answered"),
        (_seconds(total.p50_seconds), "half within"),
        (_seconds(total.p95_seconds), "95 % within"),
    ]
    for place, (value, what) in enumerate(facts):
        x = 0.97 - (len(facts) - 1 - place) * 0.115
        figure.text(x, 0.952, value, size=16, weight="bold", va="center", ha="right")
        figure.text(x, 0.912, what, size=10, color=_PALE, va="center", ha="right")


def _draw_days(axes: _Axes, report: UsageReport, shown: list[str]) -> None:
    costs = report.total.cost_usd > 0
    base = [0.0] * len(report.days)
    for number, (name, heights) in enumerate(_heights(report, shown, costs=costs).items()):
        if any(heights):
            axes.bar(
                range(len(base)),
                heights,
                bottom=base,
                width=0.76,
                color=_OTHERS_COLOUR if name == _OTHERS else _COLOURS[number],
                edgecolor="white",
                linewidth=0.5,
                label=_short(name),
            )
            base = [low + height for low, height in zip(base, heights, strict=True)]
    axes.set_title("Cost per day, US dollars" if costs else "Calls per day (none cost anything)")
    axes.grid(axis="y")
    axes.set_xlim(-0.6, len(base) - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=(1, 2, 5, 10), integer=not costs))
    if costs:
        axes.yaxis.set_major_formatter(FuncFormatter(_dollars))
    _mark_days(axes, report)
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.02),
        ncols=4,
        frameon=False,
        fontsize=9,
        handlelength=0.9,
        handleheight=0.9,
        columnspacing=1.4,
        borderpad=0,
        borderaxespad=0,
    )


def _heights(report: UsageReport, shown: list[str], *, costs: bool) -> dict[str, list[float]]:
    """Of each model, and of the others together: what it cost each day, or its calls."""
    place = {day.isoformat(): number for number, day in enumerate(report.days)}
    heights = {name: [0.0] * len(place) for name in (*shown, _OTHERS)}
    for row in report.daily_costs:
        name = f"{row.provider}/{row.model}"
        bar = heights[name if name in heights else _OTHERS]
        bar[place[row.day]] += float(row.cost_usd) if costs else row.calls
    return heights


def _mark_days(axes: _Axes, report: UsageReport) -> None:
    days = report.days
    step = -(-len(days) // 12)
    places = range((len(days) - 1) % step, len(days), step)
    axes.set_xticks(places, [f"{days[place].day} {days[place]:%b}" for place in places])


def _draw_success(axes: _Axes, shown: tuple[CallGroup, ...]) -> None:
    for place, group in enumerate(shown):
        axes.barh(place, 100, color=_TRACK, height=0.46)
        axes.barh(place, 100 * (group.success_rate or 0), color=_COLOURS[place], height=0.46)
        told = f"{_percent(group.success_rate)} of {group.ended:,}"
        axes.text(103, place, told, va="center", size=9)
    axes.set_title("Calls answered")
    axes.set_xlim(0, 100)
    _set_rows(axes, [_short(group.name) for group in shown])


def _draw_latency(axes: _Axes, shown: tuple[CallGroup, ...]) -> None:
    longest = max((group.p95_seconds or 0 for group in shown), default=0) or 1
    for place, group in enumerate(shown):
        half, most = group.p50_seconds, group.p95_seconds
        if half is None or most is None:
            axes.text(0, place, "no answer", va="center", size=9, color=_PALE)
            continue
        colour = _COLOURS[place]
        axes.hlines(place, 0, longest, color=_TRACK, linewidth=2, zorder=1)
        axes.hlines(place, half, most, color=colour, linewidth=5, alpha=0.35, zorder=2)
        axes.scatter([half, most], [place, place], s=(64, 64), color=colour, zorder=3)
        axes.scatter([most], [place], s=22, color="white", zorder=4)
        told = f"{_seconds(half)} / {_seconds(most)}"
        axes.text(longest * 1.04, place, told, va="center", size=9)
    axes.set_title("Time to the answer: half ●, 95 % ○ within")
    axes.set_xlim(-0.02 * longest, longest * 1.3)
    _set_rows(axes, [""] * len(shown))


def _set_rows(axes: _Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", labelcolor=_INK)
    axes.set_ylim(max(len(names), 4) - 0.5, -0.5)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)


def _short(name: str) -> str:
    """The model without its provider's name where both do not fit."""
    if len(name) <= _MAX_NAME:
        return name
    model = name.partition("/")[2] or name
    return model if len(model) <= _MAX_NAME else f"{model[: _MAX_NAME - 1]}…"


def _dollars(value: float, _place: int | None = None) -> str:
    """As many decimals as the marks of an axis need, at least two where one is needed."""
    if value == round(value):
        return f"${value:,.0f}"
    return f"${value:.2f}" if round(value, 2) == round(value, 9) else f"${value:.6f}".rstrip("0")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.3g} %"


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.1f} min"
